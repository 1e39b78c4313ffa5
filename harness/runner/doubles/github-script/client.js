// A client of GitHub's REST API with Octokit's shape: github.rest.<group>.<method>(parameters),
// github.request("GET /...", parameters), github.paginate(...), github.graphql(...).
// endpoints.json holds the routes that are about a repository, from @octokit/plugin-rest-endpoint-methods.
// https://github.com/octokit/rest.js  https://github.com/octokit/endpoint.js
'use strict';

const endpoints = require('./endpoints.json');

class RequestError extends Error {
  constructor(message, status, response, request) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.response = response;
    this.request = request;
  }
}

const NOT_PARAMETERS = new Set(['baseUrl', 'headers', 'mediaType', 'request', 'method', 'url', 'data']);

// https://github.com/octokit/endpoint.js#endpointmerge: what the path does not name goes into the query of a
// GET or HEAD, and into the body of everything else.
function endpoint(base, route, parameters = {}) {
  const [method, template] = / /.test(route) ? route.split(/ +/) : ['GET', route];
  const used = new Set();
  const path = template.replace(/\{\?([^}]+)\}/g, (_, names) => {
    const given = names.split(',').filter((name) => parameters[name] !== undefined);
    names.split(',').forEach((name) => used.add(name));
    return given.length ? `?${new URLSearchParams(given.map((name) => [name, parameters[name]]))}` : '';
  }).replace(/\{([^}]+)\}/g, (_, name) => {
    const [bare, reserved] = name.startsWith('+') ? [name.slice(1), true] : [name, false];
    used.add(bare);
    const value = parameters[bare];
    if (value === undefined || value === null) {
      throw new Error(`Empty value for parameter '${bare}': ${value}`);
    }
    return reserved ? encodeURI(value) : encodeURIComponent(value);
  });
  const rest = Object.fromEntries(Object.entries(parameters)
    .filter(([name, value]) => !used.has(name) && !NOT_PARAMETERS.has(name) && value !== undefined));
  const url = new URL(/^https?:/.test(path) ? path : base.replace(/\/$/, '') + path);
  const request = { method, url, headers: {} };
  if (['GET', 'HEAD'].includes(method)) {
    for (const [name, value] of Object.entries(rest)) url.searchParams.append(name, value);
  } else if ('data' in parameters) request.body = parameters.data;
  else if (Object.keys(rest).length) request.body = JSON.stringify(rest);
  return request;
}

function client({ auth, baseUrl }) {
  const base = baseUrl || process.env.GITHUB_API_URL || 'https://api.github.com';

  async function request(route, parameters = {}) {
    const asked = typeof route === 'string' ? endpoint(parameters.baseUrl || base, route, parameters)
      : endpoint(route.baseUrl || base, `${route.method || 'GET'} ${route.url}`, route);
    const headers = {
      accept: 'application/vnd.github.v3+json', 'user-agent': 'actions/github-script octokit-core.js',
      ...(auth ? { authorization: `token ${auth}` } : {}),
      ...(asked.body && typeof asked.body === 'string' ? { 'content-type': 'application/json; charset=utf-8' } : {}),
      ...parameters.headers,
    };
    const answer = await fetch(asked.url, { method: asked.method, headers, body: asked.body });
    const kind = answer.headers.get('content-type') || '';
    const data = answer.status === 204 || asked.method === 'HEAD' ? undefined
      : kind.includes('json') ? await answer.json().catch(() => undefined)
        : /^text\/|charset=utf-8/.test(kind) || !kind ? await answer.text() : await answer.arrayBuffer();
    const response = {
      status: answer.status, url: answer.url, headers: Object.fromEntries(answer.headers), data,
    };
    if (answer.status >= 400) {
      const said = data && data.message ? data.message : `Unknown error: ${JSON.stringify(data)}`;
      const errors = data && Array.isArray(data.errors) ? `: ${data.errors.map((e) => JSON.stringify(e)).join(', ')}` : '';
      throw new RequestError(said + errors, answer.status, response, { ...asked, url: String(asked.url) });
    }
    return response;
  }
  request.endpoint = (route, parameters) => endpoint(base, route, parameters);

  const rest = {};
  for (const [group, methods] of Object.entries(endpoints)) {
    rest[group] = {};
    for (const [name, route] of Object.entries(methods)) {
      const method = (parameters) => request(route, parameters);
      method.route = route;
      rest[group][name] = method;
    }
    // A misspelt or unknown method is an error that says so, as in Octokit, not a silence.
    rest[group] = new Proxy(rest[group], {
      get: (known, name) => {
        if (typeof name === 'string' && !(name in known) && name !== 'then') {
          throw new TypeError(`octokit.rest.${group}.${name} is not a function (the stand-in for `
            + 'actions/github-script knows the methods that are about a repository)');
        }
        return known[name];
      },
    });
  }

  // https://github.com/octokit/plugin-paginate-rest.js
  const items = (data) => (Array.isArray(data) ? data
    : Object.entries(data || {}).find(([, value]) => Array.isArray(value))?.[1] ?? [data]);
  async function* pages(what, parameters) {
    let next = typeof what === 'function' ? what.route : what;
    let given = parameters || {};
    while (next) {
      const response = await request(next, given);
      yield { ...response, data: items(response.data) };
      next = (/<([^<>]+)>;\s*rel="next"/.exec(response.headers.link || '') || [])[1];
      given = { headers: given.headers };
    }
  }
  async function paginate(what, parameters, map) {
    const [given, each] = typeof parameters === 'function' ? [{}, parameters] : [parameters, map];
    const found = [];
    let ended = false;
    for await (const page of pages(what, given)) {
      found.push(...(each ? each(page, () => { ended = true; }) : page.data));
      if (ended) break;
    }
    return found;
  }
  paginate.iterator = pages;

  async function graphql(query, variables = {}) {
    const url = process.env.GITHUB_GRAPHQL_URL || base.replace(/\/api\/v3$/, '/api').replace(/\/?$/, '/graphql');
    const { data } = await request(`POST ${url}`, { data: JSON.stringify({ query, variables }) });
    if (data.errors) throw new Error(`Request failed due to following response errors:\n - ${data.errors.map((e) => e.message).join('\n - ')}`);
    return data.data;
  }

  return { ...rest, rest, request, paginate, graphql, auth: async () => ({ type: 'token', token: auth }) };
}

module.exports = { client, RequestError };
