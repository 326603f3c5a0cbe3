// `zanzara certs`: TLS stands on what `dev` makes, what holds is kept, what is not ours is left alone; `show` tells what is in a file.
// Folders of their own below the system's temporary one; time is an argument.

import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCertificate, signatureAlgorithm } from '../../src/certs/certificate.ts'
import * as der from '../../src/certs/der.ts'
import { type DevCertificates, ensureDevCertificates } from '../../src/certs/dev-certificates.ts'
import { alternativeNames, normalHost } from '../../src/certs/host-names.ts'
import { runCerts } from '../../src/cli/certs/certs.ts'
import { covers } from '../../src/cli/certs/inspect.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const DAY = 86_400_000
const HOSTS = ['localhost', '127.0.0.1', '::1', 'lab.example']
const FILES = ['ca.crt', 'ca.key', 'client.crt', 'client.key', 'server.crt', 'server.key']
const now = Date.now()

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-certs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const ensure = (at = now, hosts: readonly string[] = HOSTS, days: number | null = null): Promise<DevCertificates> =>
  ensureDevCertificates(folder, { hosts, days, now: at })
const read = (name: string): Buffer => readFileSync(join(folder, name))
const all = (): Record<string, string> => Object.fromEntries(FILES.map((name) => [name, read(name).toString()]))
const actions = ({ ca, server, client }: DevCertificates): string => [ca, server, client].map(({ action }) => action).join(' ')

async function certs(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const code = await runCerts(argv, io, now)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

test('a server and a client with them meet by TLS, each sure of the other, under every name', async () => {
  await ensure()
  expect(readdirSync(folder).sort()).toEqual(FILES)
  const server = createServer({ cert: read('server.crt'), key: read('server.key'), ca: read('ca.crt'), requestCert: true, rejectUnauthorized: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    for (const host of HOSTS) {
      const accepted = once(server, 'secureConnection')
      const client = connect({
        host: '127.0.0.1',
        port,
        ca: read('ca.crt'),
        cert: read('client.crt'),
        key: read('client.key'),
        checkServerIdentity: () => undefined,
      })
      await once(client, 'secureConnect')
      expect(client.authorized).toBe(true)
      expect(covers(client.getPeerX509Certificate()!, host)).toBe(true)
      const [peer] = (await accepted) as [TLSSocket]
      expect(peer.authorized).toBe(true)
      expect((peer.getPeerCertificate().subject as { CN: string }).CN).toBe('zanzara-client')
      client.destroy()
    }
    expect(covers(new X509Certificate(read('server.crt')), 'other.example')).toBe(false)
  } finally {
    server.close()
  }
})

test('each certificate is for its own purpose alone', async () => {
  const { ca, server, client } = await ensure()
  expect([ca, server, client].map(({ certificate }) => [certificate.ca, certificate.keyUsage])).toEqual([
    [true, undefined],
    [false, ['1.3.6.1.5.5.7.3.1']],
    [false, ['1.3.6.1.5.5.7.3.2']],
  ])
  expect(signatureAlgorithm(server.certificate.raw)).toBe('1.2.840.10045.4.3.2')
  expect(Date.parse(server.certificate.validTo) - now).toBeGreaterThan(364 * DAY)
  expect(Date.parse(server.certificate.validFrom)).toBeLessThan(now - DAY / 2)
})

test.skipIf(process.platform === 'win32')('keys are for their owner alone, also those found open', async () => {
  await ensure()
  const modes = (): string[] => FILES.map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8))
  expect(modes()).toEqual(['644', '600', '644', '600', '644', '600'])
  chmodSync(join(folder, 'server.key'), 0o644)
  await ensure()
  expect(modes()).toEqual(['644', '600', '644', '600', '644', '600'])
})

test('what holds is kept to the byte; near its end it is renewed under the same authority', async () => {
  await ensure()
  const before = all()
  expect(actions(await ensure(now + 300 * DAY))).toBe('kept kept kept')
  expect(all()).toEqual(before)
  const renewed = await ensure(now + 340 * DAY)
  expect(actions(renewed)).toBe('kept renewed renewed')
  expect(renewed.server.reason).toMatch(/^it would have ended on \d{4}-\d\d-\d\d$/)
  expect(read('ca.crt').toString()).toBe(before['ca.crt'])
  expect(read('server.key').toString()).not.toBe(before['server.key'])
  expect(renewed.server.certificate.verify(new X509Certificate(before['ca.crt']!).publicKey)).toBe(true)
})

test('a short life is renewed in its last third, not at once', async () => {
  await ensure(now, HOSTS, 6)
  expect(actions(await ensure(now))).toBe('kept kept kept')
  expect(actions(await ensure(now + 5 * DAY))).toBe('kept renewed renewed')
})

test('--days asked for anew makes anew, and never beyond the authority', async () => {
  await ensure()
  const short = await ensure(now, HOSTS, 10)
  expect(actions(short)).toBe('kept renewed renewed')
  expect(Math.round((Date.parse(short.client.certificate.validTo) - now) / DAY)).toBe(10)
  expect(actions(await ensure(now, HOSTS, 10))).toBe('kept kept kept')
  const long = await ensure(now + 100 * DAY, HOSTS, 3650)
  expect(long.server.certificate.validTo).toBe(long.ca.certificate.validTo)
})

test('a new name renews the server alone, and the names it had stay', async () => {
  await ensure(now, [...HOSTS, '192.168.4.1'])
  const { server, ...rest } = await ensure(now, [...HOSTS, 'second.example', '2001:DB8::1'])
  expect([rest.ca.action, server.action, rest.client.action]).toEqual(['kept', 'renewed', 'kept'])
  expect(alternativeNames(server.certificate)).toEqual([...HOSTS, 'second.example', '2001:db8::1', '192.168.4.1'])
  expect((await ensure(now, ['2001:db8:0:0::1', '192.168.4.1'])).server.action).toBe('kept')
})

test('an authority at its end takes its certificates with it', async () => {
  await ensure()
  const late = await ensure(now + 3630 * DAY)
  expect(actions(late)).toBe('renewed renewed renewed')
  expect(late.client.certificate.verify(late.ca.certificate.publicKey)).toBe(true)
})

test('a lost key of a certificate is made good; that of the authority is not, once there is something to sign', async () => {
  await ensure()
  rmSync(join(folder, 'client.key'))
  const { client } = await ensure()
  expect([client.action, client.reason]).toEqual(['renewed', 'its key was missing'])
  expect(client.certificate.checkPrivateKey(createPrivateKey(read('client.key')))).toBe(true)
  rmSync(join(folder, 'ca.key'))
  expect(actions(await ensure())).toBe('kept kept kept')
  await expect(ensure(now, ['new.example'])).rejects.toThrow(/ca\.key is missing.*delete ca\.crt to begin anew/)
})

test.each(['ca.crt', 'ca.key', 'server.crt', 'server.key', 'client.crt', 'client.key'])("somebody else's %s is left alone", async (name) => {
  const foreign = fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))
  writeFileSync(join(folder, name), readFileSync(foreign))
  await expect(ensure()).rejects.toThrow(new RegExp(`${name.replace('.', '\\.')} .*left alone.*--out`))
  expect(readdirSync(folder)).toEqual([name])
  expect(read(name)).toEqual(readFileSync(foreign))
})

test('while another process is at work, nothing is touched', async () => {
  writeFileSync(join(folder, '.lock'), String(process.ppid)) // alive
  const pending = ensure()
  await new Promise((resolve) => setTimeout(resolve, 120)) // longer than it waits between two looks
  expect(readdirSync(folder)).toEqual(['.lock'])
  rmSync(join(folder, '.lock'))
  expect(actions(await pending)).toBe('made made made')
  expect(readdirSync(folder).sort()).toEqual(FILES)
})

test('a lock of a process that has died does not hold', async () => {
  writeFileSync(join(folder, '.lock'), '4194304') // beyond the largest process number
  expect(actions(await ensure())).toBe('made made made')
})

test('lengths take the fewest bytes, and are read back', () => {
  for (const [size, head] of [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65536, '0483010000'],
  ] as const) {
    const value = der.octetString(Buffer.alloc(size))
    expect(value.subarray(0, head.length / 2).toString('hex')).toBe(head)
    expect(der.readValues(value)!.map(({ tag, contents }) => [tag, contents.length])).toEqual([[4, size]])
    expect(der.readValues(value.subarray(0, -1))).toBe(null)
  }
})

test('any address and name is read back from a certificate as it was put in', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  expect(createPublicKey(privateKey).asymmetricKeyType).toBe('ec')
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/)
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.example`)
  const host = fc.oneof(name, fc.ipV4(), fc.ipV6()).filter((text) => normalHost(text) !== null)
  fc.assert(
    fc.property(
      fc.uniqueArray(host, { maxLength: 40 }),
      fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
      (hosts, date) => {
        const notAfter = new Date(Math.floor(date.getTime() / 1000) * 1000)
        const subject = { commonName: 'x', organization: 'y'.repeat(hosts.length) }
        const { certificate } = makeCertificate({ role: 'server', subject, hosts, notBefore: new Date(0), notAfter }, null)
        expect(alternativeNames(certificate)).toEqual(hosts.map((text) => normalHost(text)))
        expect(Date.parse(certificate.validTo)).toBe(notAfter.getTime())
        expect(certificate.verify(certificate.publicKey)).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})

test.each([
  ['Broker.Lab.Example.', 'broker.lab.example'],
  ['[::1]', '::1'],
  ['2001:DB8:0::5', '2001:db8::5'],
  ['*.lab.example', '*.lab.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['raspberry_pi', 'raspberry_pi'],
])('%s is the host %s', (text, host) => {
  expect(normalHost(text)).toBe(host)
})

test.each(['', ' ', 'a b', '-a', 'a..b', 'http://x', 'fe80::1%eth0', '*', 'a.*.b', '300.1.2.3', `${'a'.repeat(64)}.b`])("'%s' is no host", (text) => {
  expect(normalHost(text)).toBe(null)
})

test('certs dev says what it did, where, and how to use it', async () => {
  const { code, out, err } = await certs('dev', '--out', folder, '--host', 'lab.example', '--days=30')
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(`Certificates for development in ${folder}\n`)
  expect(out).toMatch(/\n {2}made {5}server\.crt {2}localhost, 127\.0\.0\.1, ::1, .*lab\.example; until \d{4}-/)
  expect(out).toContain(`\n    cafile ${folder}/ca.crt\n    certfile ${folder}/server.crt\n    keyfile ${folder}/server.key\n`)
  expect(out).toContain(`mosquitto_pub --cafile ${folder}/ca.crt -h localhost -p 8883 `)
  const again = await certs('dev', '--out', folder, '--json')
  const told = JSON.parse(again.out) as { server: { action: string; certificate: string; names: string[] } }
  expect(told.server).toMatchObject({ action: 'kept', certificate: join(folder, 'server.crt') })
  expect(told.server.names).toContain('lab.example')
})

test('certs show: what is in a certificate, and 1 for one that no client takes', async () => {
  await ensure()
  const good = await certs('show', join(folder, 'server.crt'))
  expect(good.code).toBe(0)
  expect(good.out).toMatch(/^.*server\.crt\n {2}subject {5}O=Zanzara development certificates, CN=localhost\n {2}issuer {6}O=Zanzara/)
  expect(good.out).toContain('\n  names       localhost, 127.0.0.1, ::1, lab.example\n')
  expect(good.out).toContain(`\n  SHA-256     ${new X509Certificate(read('server.crt')).fingerprint256}\n`)
  expect(good.out).not.toContain('!')
  const expired = await certs('show', fileURLToPath(new URL('../net/certificates/expired.crt', import.meta.url)))
  expect(expired.code).toBe(1)
  expect(expired.out).toMatch(/\n {2}! it ended \d+ days ago\n/)
})

test('certs show finds a chain in the wrong order, a foreign key, an open key and a name that nobody can check', async () => {
  await ensure()
  const mixed = join(folder, 'mixed.pem')
  writeFileSync(mixed, Buffer.concat([read('server.crt'), read('client.crt'), read('client.key')]))
  const { out } = await certs('show', mixed)
  expect(out).toContain('certificate 2 of 2')
  expect(out).toContain('did not issue certificate 1')
  expect(out).toContain('! the private key in this file is not that of its certificate')
  if (process.platform !== 'win32') expect(out).toContain('! other users may read this private key')
  const { certificate } = makeCertificate(
    { role: 'server', subject: { commonName: 'lab.example', organization: 'x' }, hosts: [], notBefore: new Date(now), notAfter: new Date(now + 5.5 * DAY) },
    null,
  )
  writeFileSync(mixed, certificate.raw)
  expect(covers(certificate, 'lab.example')).toBe(false) // a Common Name is not asked
  const der = await certs('show', mixed, '--json')
  expect(der.code).toBe(1)
  const told = JSON.parse(der.out) as { certificates: { warnings: string[] }[] }
  expect(told.certificates[0]!.warnings).toEqual([
    'it ends in 5 days',
    'it has no Subject Alternative Name: clients ignore the Common Name and find no host name',
    'it vouches for itself: each client must be given this very file',
  ])
})

test('certs show of what is no certificate: one sentence and 1', async () => {
  writeFileSync(join(folder, 'x'), 'hello')
  expect(await certs('show', join(folder, 'x'))).toEqual({
    code: 1,
    out: '',
    err: `Error: '${join(folder, 'x')}' holds no certificate and no private key that can be read.\n`,
  })
  expect((await certs('show', join(folder, 'none'))).err).toMatch(/^Error: Unable to read '.*none': ENOENT/)
})

test.each([
  [[], "Say what to do: 'dev' makes certificates, 'show FILE' looks into one."],
  [['make'], "Unknown word 'make': it is 'dev' or 'show FILE'."],
  [['dev', '--days', '0'], "Invalid days '0': it must be between 1 and 3650."],
  [['dev', '--days', '9999'], "Invalid days '9999': it must be between 1 and 3650."],
  [['dev', '--host', 'a b'], "Invalid host 'a b': give a name such as broker.lab.example, or an address."],
  [['dev', '--out'], '--out needs a value.'],
  [['dev', '-x'], "Unknown option '-x'."],
  [['show'], 'Give at least one file to show.'],
])('wrong arguments %j: 2', async (argv, sentence) => {
  expect(await certs(...argv)).toEqual({ code: 2, out: '', err: `Error: ${sentence}\n\nUse 'zanzara certs --help' to see usage.\n` })
})
