// Builds public/ from pages/, layout.html and assets/.  Usage: node build.mjs
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const layout = readFileSync('layout.html', 'utf8');

function html(text) {
  return text.split(/\n{2,}/).map((part) => part.trim()).filter(Boolean).map((part) => {
    if (part.startsWith('<!--')) return part;
    return part.startsWith('# ') ? `<h1>${part.slice(2)}</h1>` : `<p>${part}</p>`;
  }).join('\n');
}

rmSync('public', { recursive: true, force: true });
for (const name of readdirSync('pages', { recursive: true }).sort()) {
  if (!name.endsWith('.md')) continue;
  const text = readFileSync(join('pages', name), 'utf8');
  const title = text.match(/^# (.*)$/m)?.[1];
  if (!title) throw new Error(`${name} has no title`);
  const file = join('public', name.replace(/\.md$/, '.html'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, layout.replace('{{title}}', title).replace('{{body}}', () => html(text)));
  console.log(`built ${file}`);
}
cpSync('assets', 'public/assets', { recursive: true });
