// TLS with Debian's programs at the other end: pre-shared keys both ways and in both versions, and the subject of a certificate as Mosquitto writes it.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Peer } from '../../src/base/link.ts'
import type { Authenticator } from '../../src/broker/ports.ts'
import { connect } from '../../src/client/node.ts'
import type { TlsListenerOptions } from '../../src/net/listener.ts'
import { startBroker } from '../../src/server/start-broker.ts'
import { certificate } from '../net/recording.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'

const file = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))
const VERSIONS = ['tlsv1.2', 'tlsv1.3'] as const
const NODES = { 'tlsv1.2': 'TLSv1.2', 'tlsv1.3': 'TLSv1.3' } as const
const KEY = '0011aabb'

/** Runs a program to its end: exit code and what it said. */
function run(program: string, args: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    child.stderr.on('data', (chunk) => (said += chunk))
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, said })
    })
  })
}

/** A broker of ours that notes who comes in. */
async function ours(tls: TlsListenerOptions): Promise<{ port: number; peers: Peer[] }> {
  const peers: Peer[] = []
  const authenticator: Authenticator = {
    authenticate: (_connect, peer) => {
      peers.push(peer)
      return { reasonCode: 0, userName: null }
    },
    begin: () => null,
  }
  const broker = await startBroker({ listeners: [{ transport: 'tls', host: '127.0.0.1', port: 0, tls }], authenticator })
  onTestFinished(() => broker.close())
  return { port: broker.port, peers }
}

withTools(['mosquitto', 'mosquitto_pub'], ({ mosquitto, mosquitto_pub }) => {
  test.each(VERSIONS)('mosquitto_pub proves a pre-shared key to us, or is refused: %s', async (version) => {
    const { port, peers } = await ours({
      maxVersion: NODES[version],
      psk: { hint: 'lab', lookup: (identity) => (identity === 'id1' ? Buffer.from(KEY, 'hex') : null) },
    })
    const args = ['-h', 'localhost', '-p', String(port), '-t', 'a', '-m', 'x', '-q', '1']
    expect(await run(mosquitto_pub, [...args, '--psk', KEY, '--psk-identity', 'id1'])).toEqual({ code: 0, said: '' })
    expect(peers).toMatchObject([{ pskIdentity: 'id1', certificateName: null, tlsVersion: NODES[version] }])
    expect((await run(mosquitto_pub, [...args, '--psk', '0011aabc', '--psk-identity', 'id1'])).code).not.toBe(0)
    expect((await run(mosquitto_pub, [...args, '--psk', KEY, '--psk-identity', 'id2'])).code).not.toBe(0)
    expect(peers).toHaveLength(1)
  })

  test.each(VERSIONS)("we prove a pre-shared key to Debian's broker, or are refused: %s", async (version) => {
    const broker = await Mosquitto.start(mosquitto, {
      listeners: [['psk_hint lab', 'psk_file FOLDER/psk', 'use_identity_as_username true', `tls_version ${version}`]],
      files: { psk: `id1:${KEY}\n` },
      verbose: true,
    })
    onTestFinished(() => broker.close())
    const url = `mqtts://localhost:${broker.port}`
    const tls = (key: string, identity = 'id1'): object => ({ tls: { psk: { identity, key: Buffer.from(key, 'hex') }, maxVersion: NODES[version] } })
    const client = await connect(url, { clientId: 'ours', ...tls(KEY) })
    await broker.until(/as ours \(.*u'id1'\)/)
    await client.end()
    for (const wrong of [tls('0011aabc'), tls(KEY, 'id2')]) await expect(connect(url, { connectTimeoutMs: 3000, ...wrong })).rejects.toThrow()
  })

  test("the subject of a client certificate is Debian's broker's user name to the letter", async () => {
    const theirs = await Mosquitto.start(mosquitto, {
      listeners: [
        [
          `cafile ${file('ca.crt')}`,
          `certfile ${file('server.crt')}`,
          `keyfile ${file('server.key')}`,
          'require_certificate true',
          'use_subject_as_username true',
        ],
      ],
      verbose: true,
    })
    onTestFinished(() => theirs.close())
    const { port, peers } = await ours({
      key: certificate('server.key'),
      cert: certificate('server.crt'),
      ca: certificate('ca.crt'),
      requireCertificate: true,
    })
    const as = (name: string, to: number): Promise<{ code: number | null; said: string }> =>
      run(mosquitto_pub, [
        '-h',
        'localhost',
        '-p',
        String(to),
        '-t',
        'a',
        '-m',
        'x',
        '--cafile',
        file('ca.crt'),
        '--cert',
        file(`${name}.crt`),
        '--key',
        file(`${name}.key`),
      ])
    for (const name of ['subject', 'client']) expect([(await as(name, theirs.port)).code, (await as(name, port)).code]).toEqual([0, 0])
    await theirs.until(/u'CN=alice'/)
    const names = [...theirs.log.matchAll(/New client connected .* u'(.*)'\)\.$/gm)].map(([, name]) => name)
    expect(names).toHaveLength(2)
    expect(peers.map((peer) => peer.certificateSubject)).toEqual(names)
  })
})
