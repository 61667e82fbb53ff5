'use strict';
const fs = require('fs');
const tls = require('tls');

const [authority, highest, ...visits] = process.argv.slice(2);
const ca = ['-', 'none'].includes(authority) ? undefined : fs.readFileSync(authority);
const own = (who) => (who === '-' ? {} : { cert: fs.readFileSync(who + '.pem'), key: fs.readFileSync(who + '.key') });

let now; // whom the next connection is to be
function connect(at) {
  const [host, port] = [at.slice(0, at.lastIndexOf(':')), at.slice(at.lastIndexOf(':') + 1)];
  return ({ hostname }, done) => {
    const socket = tls.connect({
      host, port, servername: hostname, ...own(now), ca, rejectUnauthorized: authority !== 'none', maxVersion: highest === '-' ? undefined : 'TLSv' + highest,
    }, () => done(null, socket)).on('error', (err) => done(err));
  };
}

(async () => {
  await fetch('data:,'); // loads the undici that Node has
  const Agent = globalThis[Symbol.for('undici.globalDispatcher.1')].constructor;
  const agent = new Agent({ connections: 1, connect: connect(visits[1]) }); // the one dispatcher of both: it pools by origin
  for (let i = 0; i + 2 < visits.length; i += 3) {
    now = visits[i + 2];
    await (await fetch(visits[i], { dispatcher: agent })).text();
  }
  await agent.close();
})().catch((err) => { console.error((err.cause ?? err).message); process.exit(1); });
