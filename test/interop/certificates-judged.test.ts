// Our certificates before foreign judges: OpenSSL's strict verification, and Mosquitto's clients.
// Needs openssl and mosquitto_pub; see test/support/require-tools.ts.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type DevCertificates, ensureDevCertificates } from '../../src/certs/dev-certificates.ts'
import { startProgram, unusedPort } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'

async function made(): Promise<DevCertificates> {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-judged-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return await ensureDevCertificates(join(folder, 'zanzara', 'certs'), {
    hosts: ['localhost', '127.0.0.1', '2001:db8::1', 'b.example'],
    days: null,
    now: Date.now(),
  })
}

withTools(['openssl', 'mosquitto_pub'], (tools) => {
  test('OpenSSL verifies them strictly, each for its purpose and its names only', async () => {
    const { ca, server, client } = await made()
    const verify = (...args: readonly string[]): number | null =>
      spawnSync(tools.openssl, ['verify', '-x509_strict', '-CAfile', ca.certificateFile, ...args], { encoding: 'utf8' }).status
    expect(verify('-purpose', 'sslserver', '-verify_hostname', 'b.example', server.certificateFile)).toBe(0)
    expect(verify('-purpose', 'sslserver', '-verify_ip', '2001:db8::1', server.certificateFile)).toBe(0)
    expect(verify('-purpose', 'sslclient', client.certificateFile)).toBe(0)
    expect(verify('-verify_hostname', 'c.example', server.certificateFile)).not.toBe(0)
    expect(verify('-purpose', 'sslclient', server.certificateFile)).not.toBe(0)
    expect(verify('-purpose', 'sslserver', client.certificateFile)).not.toBe(0)
    const text = spawnSync(tools.openssl, ['asn1parse', '-in', server.certificateFile, '-strparse', '4'], { encoding: 'utf8' })
    expect(text.status).toBe(0)
    for (const { keyFile } of [ca, server, client]) expect(spawnSync(tools.openssl, ['pkey', '-in', keyFile, '-check', '-noout']).status).toBe(0)
  })

  test("mosquitto_pub takes a broker's --tls dev, with the authority's file and without --insecure", async () => {
    const { folder, ca } = await made()
    const [port, tlsPort] = [await unusedPort(), await unusedPort()]
    const env = { XDG_DATA_HOME: join(folder, '..', '..') }
    const broker = startProgram(['broker', '-p', String(port), '--tls', 'dev', '--tls-port', String(tlsPort), '-v'], { env })
    await broker.until('stderr', / running\n/)
    expect(readFileSync(ca.certificateFile, 'utf8')).toBe(ca.certificate.toString()) // found, not made anew
    const { status, stderr } = spawnSync(
      tools.mosquitto_pub,
      ['-h', 'localhost', '-p', String(tlsPort), '--cafile', ca.certificateFile, '-t', 'a', '-m', 'x'],
      { encoding: 'utf8' },
    )
    expect([status, stderr]).toEqual([0, ''])
    expect(await broker.ended('SIGTERM')).toBe(0)
  })
})
