// A relying party made of openid-client, which we did not write.
//
// usage: rp.js CONFIGURATION, a JSON object; see peer.py.  Prints the URL to
// send the person to, reads the URL the person came back with, prints what the
// library found out about the person or why it refused.
'use strict';

const readline = require('readline');
const { Issuer, generators } = require('openid-client');

const say = (o) => process.stdout.write(JSON.stringify(o) + '\n');

async function main() {
  const conf = JSON.parse(process.argv[2]);
  const found = await Issuer.discover(conf.issuer);
  const issuer = new Issuer({ ...found.metadata,
    token_endpoint: conf.token_endpoint || found.metadata.token_endpoint });
  const client = new issuer.Client({
    client_id: conf.client_id,
    client_secret: conf.client_secret,
    redirect_uris: [conf.redirect_uri],
    response_types: ['code'],
    id_token_signed_response_alg: conf.alg,
  });
  const checks = {
    code_verifier: generators.codeVerifier(),
    state: generators.state(),
    nonce: generators.nonce(),
    response_type: 'code',
  };
  say({ url: client.authorizationUrl({
    scope: conf.scope,
    state: checks.state,
    nonce: checks.nonce,
    code_challenge: generators.codeChallenge(checks.code_verifier),
    code_challenge_method: 'S256',
  }) });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const tokens = await client.callback(conf.redirect_uri,
      client.callbackParams(line), checks);
    const userinfo = await client.userinfo(tokens);
    const next = await client.refresh(tokens);
    const again = await client.refresh(tokens.refresh_token).then(
      () => null, (e) => e.error);
    say({ claims: tokens.claims(), userinfo, refreshed: next.claims(), again });
    break;
  }
}

main().then(() => process.exit(0), (e) => {
  say({ refused: String(e.message || e) });
  process.exit(0);
});
