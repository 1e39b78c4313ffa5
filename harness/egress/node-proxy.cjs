// Node's fetch, http and https ask no proxy (before 24 and unless told to): what a run's scripts fetch would
// be lost without a word. Loaded by NODE_OPTIONS, it sends whatever is not on this machine through
// HTTPS_PROXY, by CONNECT.  https://nodejs.org/api/http.html#class-httpagent
// https://github.com/nodejs/undici/blob/main/docs/docs/api/Client.md#parameter-connectoptions
'use strict';

const { HTTPS_PROXY: proxy, NO_PROXY: direct = '' } = process.env;

if (proxy) {
  const http = require('node:http');
  const https = require('node:https');
  const tls = require('node:tls');

  const via = new URL(proxy);
  const credentials = `${decodeURIComponent(via.username)}:${decodeURIComponent(via.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const near = new Set(direct.split(',').map((host) => host.trim()).filter(Boolean));
  const isNear = (host) => !host || near.has(host.replace(/^\[|\]$/g, ''));

  const tunnel = (host, port, done) => {
    const asked = http.request({
      host: via.hostname,
      port: via.port,
      method: 'CONNECT',
      path: `${host}:${port}`,
      headers: { host: `${host}:${port}`, 'proxy-authorization': authorization },
      agent: false,
    });
    asked.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) done(null, socket);
      else {
        socket.destroy();
        done(new Error(`the proxy refused ${host}:${port} with ${answer.statusCode}`));
      }
    });
    asked.once('error', done);
    asked.end();
  };

  const secured = (socket, options, done) => {
    const safe = tls.connect({ ...options, socket, servername: options.servername || options.host });
    safe.once('error', done);
    safe.once('secureConnect', () => { safe.off('error', done); done(null, safe); });
  };

  for (const [agent, port, secure] of [[http.Agent, 80, false], [https.Agent, 443, true]]) {
    const plain = agent.prototype.createConnection;
    agent.prototype.createConnection = function createConnection(options, done) {
      const host = options.host || options.hostname;
      if (options.socketPath || isNear(host)) return plain.call(this, options, done);
      tunnel(host, options.port || port, (error, socket) => {
        if (error || !secure) done(error, socket);
        else secured(socket, { ...options, host, path: undefined }, done);
      });
      return undefined;
    };
  }

  // fetch is undici's; loading it takes time, so it is told only when it is used.
  const dispatcher = Symbol.for('undici.globalDispatcher.1');
  const own = globalThis.fetch;
  let told = false;
  const tell = () => {
    told = true;
    void globalThis.Headers; // loads undici, which then has its dispatcher
    const before = globalThis[dispatcher];
    if (!before) return;
    const net = require('node:net');
    const connect = (options, done) => {
      const secure = options.protocol === 'https:';
      const port = Number(options.port) || (secure ? 443 : 80);
      const host = options.hostname;
      const servername = options.servername || host;
      const finish = (error, socket) => {
        if (error || !secure) done(error, socket);
        else secured(socket, { host, servername, ALPNProtocols: ['http/1.1'] }, done);
      };
      if (!isNear(host)) return tunnel(host, port, finish);
      const socket = net.connect({ host: host.replace(/^\[|\]$/g, ''), port });
      socket.setNoDelay(true);
      socket.once('error', finish);
      socket.once('connect', () => { socket.off('error', finish); finish(null, socket); });
      return undefined;
    };
    try {
      globalThis[dispatcher] = new before.constructor({ connect });
    } catch { /* another undici: it asks nobody, and is refused by the wall */ }
  };
  if (typeof own === 'function') {
    globalThis.fetch = function fetch(...given) {
      if (!told) tell();
      return own.apply(this, given);
    };
  }
}
