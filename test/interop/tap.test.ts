// tshark reads the broker's tap: MQTT that came over TLS and WebSocket, in clear, without complaint.
// Needs tshark.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { startBroker } from '../../src/server/start-broker.ts'
import { withTools } from '../support/require-tools.ts'

const certificate = (name: string): string => readFileSync(new URL(`../net/certificates/${name}`, import.meta.url), 'utf8')

withTools(['tshark'], ({ tshark }) => {
  test('all packets of a TLS and a WebSocket connection, with names and topics', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const tls = { cert: certificate('server.crt'), key: certificate('server.key') }
    const listeners = [{ transport: 'tls', port: 0, host: '127.0.0.1', tls } as const, { transport: 'ws', port: 0, host: '127.0.0.1' } as const]
    const running = await startBroker({ listeners, tap: { port: 0 } })
    const parts: Buffer[] = []
    const reader = connect(running.tapPort, '127.0.0.1')
    await once(reader, 'readable')
    reader.on('data', (bytes) => parts.push(bytes))
    for (const [i, scheme] of ['mqtts', 'ws'].entries()) {
      const options = { rejectUnauthorized: false, clientId: `over-${scheme}`, protocolVersion: i === 0 ? 5 : 4, reconnectPeriod: 0 } as const
      const client = await connectAsync(`${scheme}://127.0.0.1:${running.ports[i]}`, options)
      await client.subscribeAsync('room/+', { qos: 2 })
      await client.publishAsync(`room/${scheme}`, 'x'.repeat(40_000), { qos: 2 })
      await client.endAsync()
    }
    const closed = once(reader, 'close')
    await running.close()
    await closed
    const file = join(folder, 'tap.pcapng')
    writeFileSync(file, Buffer.concat(parts))
    const lines = (...args: string[]): string[] => {
      const text = execFileSync(tshark, ['-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      return text.split('\n').filter((line) => line !== '')
    }
    expect(lines('-Y', 'mqtt.msgtype == 1', '-T', 'fields', '-e', 'mqtt.clientid', '-e', 'mqtt.ver', '-e', 'frame.interface_name')).toEqual([
      `over-mqtts\t5\ttls port ${running.ports[0]}`,
      `over-ws\t4\tws port ${running.ports[1]}`,
    ])
    expect(lines('-Y', 'mqtt.msgtype == 3 && mqtt.qos == 2', '-T', 'fields', '-e', 'mqtt.topic')).toEqual(['room/mqtts', 'room/mqtts', 'room/ws', 'room/ws'])
    expect(lines('-Y', 'tcp.analysis.flags || _ws.malformed')).toEqual([])
  })
})
