// SCRAM-SHA-256: RFC 7677's example to the letter, then every way to tamper with an exchange.
// Both sides are ours here; the example proves that they speak what others speak.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ScramSha256Client, ScramSha256Exchange } from '../../src/auth/scram.ts'
import { ScramError } from '../../src/auth/scram-message.ts'
import { DecoyVerifiers, makeScramVerifier, type ScramVerifier } from '../../src/auth/scram-verifier.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = (data: Uint8Array | null): string => (data === null ? '' : Buffer.from(data).toString())

const RFC = {
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}
const PENCIL = makeScramVerifier('pencil', { iterations: 4096, salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64') })!

function server(users: Record<string, ScramVerifier> = { user: PENCIL }, nonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'): ScramSha256Exchange {
  const decoys = new DecoyVerifiers(bytes('secret'), 4096)
  return new ScramSha256Exchange({ credentials: { lookup: (name) => users[name] ?? null }, decoys, newNonce: () => nonce })
}

function client(userName = 'user', password = 'pencil', nonce = 'rOprNGfwEbeRWgbNEkqO'): ScramSha256Client {
  return new ScramSha256Client({ userName, password, nonce })
}

async function logIn(exchange: ScramSha256Exchange, user: ScramSha256Client): Promise<{ reasonCode: number; userName: string | null }> {
  const challenge = await exchange.step(user.step(null))
  if (challenge.reasonCode !== 0x18) return challenge
  const outcome = await exchange.step(user.step(challenge.data))
  if (outcome.reasonCode === 0) user.step(outcome.data)
  return outcome
}

test('the server speaks the example of RFC 7677', async () => {
  const exchange = server()
  const challenge = await exchange.step(bytes(RFC.clientFirst))
  expect([challenge.reasonCode, text(challenge.data)]).toEqual([0x18, RFC.serverFirst])
  const outcome = await exchange.step(bytes(RFC.clientFinal))
  expect([outcome.reasonCode, text(outcome.data), outcome.userName]).toEqual([0, RFC.serverFinal, 'user'])
})

test('the client speaks the example of RFC 7677', () => {
  const user = client()
  expect(text(user.step(null))).toBe(RFC.clientFirst)
  expect(text(user.step(bytes(RFC.serverFirst)))).toBe(RFC.clientFinal)
  expect(user.isServerVerified).toBe(false)
  expect(user.step(bytes(RFC.serverFinal))).toBe(null)
  expect(user.isServerVerified).toBe(true)
})

test('a client may leave its first message out of CONNECT: it is asked for it, once', async () => {
  const exchange = server()
  expect(await exchange.step(null)).toEqual({ reasonCode: 0x18, data: null, userName: null })
  expect((await exchange.step(bytes(RFC.clientFirst))).reasonCode).toBe(0x18)
  const silent = server()
  await silent.step(null)
  expect((await silent.step(null)).reasonCode).toBe(0x87)
})

test('names with commas, equals signs and accents come through', async () => {
  const name = 'a,b=c,=2C é'
  const verifier = makeScramVerifier('pä,ß', { iterations: 4096 })!
  const outcome = await logIn(server({ [name]: verifier }), client(name, 'pä,ß'))
  expect(outcome).toMatchObject({ reasonCode: 0, userName: name })
})

test('the same name and password, typed composed or decomposed, are the same', async () => {
  const users = { 'caf\u00e9': makeScramVerifier('\u00fcber\u00a0all', { iterations: 4096 })! }
  expect(await logIn(server(users), client('cafe\u0301', 'u\u0308ber all'))).toMatchObject({ reasonCode: 0, userName: 'caf\u00e9' })
})

test('a wrong password and an unknown user are refused in the same words, after the same challenge', async () => {
  const wrong = await logIn(server(), client('user', 'crayon'))
  const unknown = await logIn(server(), client('nobody', 'pencil'))
  expect(wrong).toEqual({ reasonCode: 0x87, data: Buffer.from('e=invalid-proof'), userName: null })
  expect(unknown).toEqual(wrong)
  const asked = async (): Promise<string> => text((await server().step(bytes('n,,n=nobody,r=abc'))).data)
  expect(await asked()).toMatch(/^r=abc.+,s=[A-Za-z0-9+/]{22}==,i=4096$/)
  expect(await asked()).toBe(await asked())
  const other = text((await server().step(bytes('n,,n=nobody2,r=abc'))).data)
  expect(other.split(',')[1]).not.toBe((await asked()).split(',')[1])
})

test.each([
  ['p=tls-unique,,n=user,r=abc', 'channel-binding-not-supported'],
  ['x,,n=user,r=abc', 'invalid-encoding'],
  ['n,a=admin,n=user,r=abc', 'other-error'],
  ['n,,m=ext,n=user,r=abc', 'extensions-not-supported'],
  ['n,,r=abc,n=user', 'invalid-encoding'],
  ['n,,n=,r=abc', 'invalid-username-encoding'],
  ['n,,n=us=er,r=abc', 'invalid-username-encoding'],
  ['n,,n=us\u0000er,r=abc', 'invalid-username-encoding'],
  ['n,,n=us\u202eer,r=abc', 'invalid-username-encoding'],
  ['n,,n=user,r=', 'invalid-encoding'],
  ['n,,n=user,r=a\u0007b', 'invalid-encoding'],
  ['n,,n=user', 'invalid-encoding'],
  ['n,n=user', 'invalid-encoding'],
  ['', 'invalid-encoding'],
])('the first message %j is refused: %s', async (message, code) => {
  const exchange = server()
  const step = await exchange.step(bytes(message))
  expect([step.reasonCode, text(step.data)]).toEqual([0x87, `e=${code}`])
  expect((await exchange.step(bytes(RFC.clientFinal))).reasonCode).toBe(0x87)
})

test.each([
  ['another header', RFC.clientFinal.replace('c=biws', `c=${Buffer.from('y,,').toString('base64')}`), 'channel-bindings-dont-match'],
  ['another nonce', RFC.clientFinal.replace('$k0', '$k1'), 'other-error'],
  ['only its own nonce', RFC.clientFinal.replace(/r=[^,]*/, 'r=rOprNGfwEbeRWgbNEkqO'), 'other-error'],
  ['a proof that is one bit off', RFC.clientFinal.replace('p=dHzb', 'p=dHzc'), 'invalid-proof'],
  ['a short proof', RFC.clientFinal.replace(/p=.*/, 'p=dHzb'), 'invalid-proof'],
  ['no proof', RFC.clientFinal.replace(/,p=.*/, ''), 'invalid-encoding'],
  ['an empty proof', RFC.clientFinal.replace(/p=.*/, 'p='), 'invalid-encoding'],
  ['a proof that is not base64', RFC.clientFinal.replace('p=dHzb', 'p=d*zb'), 'invalid-encoding'],
  ['an extension that was not signed', RFC.clientFinal.replace(',p=', ',x=1,p='), 'invalid-proof'],
])('a final message with %s is refused', async (_what, message, code) => {
  const exchange = server()
  await exchange.step(bytes(RFC.clientFirst))
  const step = await exchange.step(bytes(message))
  expect([step.reasonCode, text(step.data), step.userName]).toEqual([0x87, `e=${code}`, null])
  expect((await exchange.step(bytes(RFC.clientFinal))).reasonCode, 'no second chance').toBe(0x87)
})

test('bytes that are not UTF-8, and an exchange that is over, are refused', async () => {
  expect((await server().step(Uint8Array.of(0x6e, 0xff))).reasonCode).toBe(0x87)
  const exchange = server()
  await exchange.step(bytes(RFC.clientFirst))
  expect((await exchange.step(bytes(RFC.clientFinal))).reasonCode).toBe(0)
  expect((await exchange.step(bytes(RFC.clientFinal))).reasonCode, 'replayed').toBe(0x87)
})

test('a final message sent before the first is answered does not get in', async () => {
  let answer: (verifier: ScramVerifier) => void = () => {}
  const slow = new Promise<ScramVerifier>((resolve) => (answer = resolve))
  const exchange = new ScramSha256Exchange({ credentials: { lookup: () => slow }, decoys: new DecoyVerifiers(bytes('s')), newNonce: () => 'x' })
  const first = exchange.step(bytes(RFC.clientFirst))
  const second = await exchange.step(bytes(RFC.clientFinal))
  expect(second.reasonCode).toBe(0x87)
  answer(PENCIL)
  await first
  expect((await exchange.step(bytes(RFC.clientFinal))).reasonCode).toBe(0x87)
})

test.each([
  ['a nonce that does not begin with ours', 'r=Xvalue,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096', /nonce/],
  ['our nonce and nothing more', 'r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096', /nonce/],
  ['few iterations', 'r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1', /1 iterations, fewer than 4096/],
  ['iterations without end', 'r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294967295', /4294967295 iterations/],
  ['a count that is no number', 'r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4e3', /not a number/],
  ['no salt', 'r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096', /base64/],
  ['a mandatory extension', 'm=x,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096', /extension/],
])('the client refuses a server that sends %s', (_what, message, reason) => {
  const user = client()
  user.step(null)
  expect(() => user.step(bytes(message))).toThrow(reason)
  expect(() => user.step(bytes(RFC.serverFirst)), 'it is over').toThrow(ScramError)
})

test('the client believes no server that does not know the password', () => {
  for (const final of [
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=',
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=',
    'v=AAAA',
    'e=invalid-proof',
    '',
    'x=1',
  ]) {
    const user = client()
    user.step(null)
    user.step(bytes(RFC.serverFirst))
    expect(() => user.step(bytes(final)), final).toThrow(ScramError)
    expect(user.isServerVerified, final).toBe(false)
  }
})

test('whoever has the right password gets in, and nobody else', async () => {
  const word = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcXYZ019 ,=é;%$#+/') })
  await fc.assert(
    fc.asyncProperty(word, word, word, async (name, password, guess) => {
      const users = { [name]: makeScramVerifier(password, { iterations: 4096 })! }
      expect((await logIn(server(users), client(name, password))).reasonCode).toBe(0)
      expect((await logIn(server(users), client(name, guess))).reasonCode).toBe(guess === password ? 0 : 0x87)
    }),
    { numRuns: 15 },
  )
})

test('any other bytes than the right ones end the exchange with 0x87, never with an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(RFC.clientFinal.length - 1), fc.nat(255), async (noise, at, value) => {
      expect((await server().step(noise)).reasonCode).toBe(0x87)
      const exchange = server()
      const final = bytes(RFC.clientFinal)
      await exchange.step(bytes(RFC.clientFirst))
      fc.pre(final[at] !== value)
      final[at] = value
      expect((await exchange.step(final)).reasonCode).toBe(0x87)
    }),
    { numRuns: 300 },
  )
})
