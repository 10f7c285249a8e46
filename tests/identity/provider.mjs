// A real OpenID Connect provider for one test: users sign in by typing any name; access tokens are JWTs for one API.
// Prints its address; a line "rotate" on standard input makes it start again with new keys.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const [audience, callback] = process.argv.slice(2);
const SCOPES = 'record:read record:write indicators:read';
const signed = new Map();

function key() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'ES256' };
}

function provider(issuer) {
  return new Provider(issuer, {
    jwks: { keys: [key()] },
    cookies: { keys: [randomUUID()] },
    clients: [{
      client_id: 'frontend',
      token_endpoint_auth_method: 'none',
      redirect_uris: [callback],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      application_type: 'native',
    }],
    scopes: ['openid', ...SCOPES.split(' ')],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (ctx) => ({
      acr: 'phr',
      auth_time: ctx.oidc.entities.AuthorizationCode?.authTime ?? Math.floor(Date.now() / 1000),
    }),
    features: {
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: SCOPES,
          audience,
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}

let current;
const server = createServer((request, response) => current(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  current = provider(issuer).callback();
  console.log(issuer);
  createInterface({ input: process.stdin }).on('line', () => {
    current = provider(issuer).callback();
    console.log('rotated');
  }).on('close', () => process.exit(0));
});
