// Our pub and sub and Debian's mosquitto_pub and mosquitto_sub are given the same command lines and the same answers:
// what they send is the same, byte for byte.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ScriptedServer, TYPE } from '../cli/support/scripted-server.ts'
import { builtProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'

const v3 = ['-i', 'someone']
const v5 = ['-V', '5', '-i', 'someone']
const property = (packet: string, ...words: string[]): string[] => ['-D', packet, ...words]

const PUB: Readonly<Record<string, readonly string[]>> = {
  'QoS 0': [...v3],
  'QoS 1, retained': [...v3, '-q', '1', '-r'],
  'QoS 2': [...v3, '-q', '2'],
  'no id, 3.1.1': [],
  'no id, 5': ['-V', '5'],
  '-c, Keep Alive, user': [...v3, '-c', '-k', '30', '-u', 'ann', '-P', 'secret'],
  'a user without password': [...v3, '-u', 'ann'],
  'MQTT 3.1': ['-V', '31', ...v3],
  'a will': [...v3, '--will-topic', 'w', '--will-payload', 'gone', '--will-qos', '2', '--will-retain'],
  'an empty will': [...v3, '--will-topic', 'w'],
  'MQTT 5': [...v5, '-q', '1'],
  'a password alone, 5': [...v5, '-P', 'secret'],
  '-x': [...v5, '-x', '10'],
  '-x for ever': [...v5, '-x', '-1'],
  '-c, 5': [...v5, '-c'],
  'properties of CONNECT': [
    ...v5,
    ...property('connect', 'maximum-packet-size', '500'),
    ...property('connect', 'topic-alias-maximum', '4'),
    ...property('connect', 'user-property', 'a', 'b'),
    ...property('connect', 'request-problem-information', '0'),
    ...property('connect', 'request-response-information', '1'),
    '-x',
    '10',
  ],
  'Receive Maximum': [...v5, ...property('connect', 'receive-maximum', '5')],
  'properties of PUBLISH': [
    ...v5,
    ...property('publish', 'user-property', 'a', 'b'),
    ...property('PUBLISH', 'User-Property', 'c', 'd'),
    ...property('publish', 'content-type', 't'),
    ...property('publish', 'message-expiry-interval', '4'),
    ...property('publish', 'response-topic', 'r'),
    ...property('publish', 'correlation-data', 'c'),
    ...property('publish', 'payload-format-indicator', '1'),
  ],
  'a Topic Alias': [...v5, ...property('publish', 'topic-alias', '5'), '--repeat', '3'],
  'properties of DISCONNECT': [...v5, ...property('disconnect', 'reason-string', 'bye'), ...property('disconnect', 'user-property', 'e', 'f')],
  'properties of the will': [
    ...v5,
    '--will-topic',
    'w',
    ...property('will', 'will-delay-interval', '4'),
    ...property('will', 'content-type', 'c'),
    ...property('will', 'user-property', 'a', 'b'),
    ...property('will', 'message-expiry-interval', '6'),
    ...property('will', 'response-topic', 'r'),
    ...property('will', 'correlation-data', 'cc'),
    ...property('will', 'payload-format-indicator', '1'),
  ],
}

const SUB: Readonly<Record<string, readonly string[]>> = {
  'two filters': [...v3, '-t', 'a/#', '-t', '+/b', '-q', '1', '-E'],
  '-C below 20, 5': [...v5, '-t', 'a', '-C', '5', '-E'],
  '-C of 20, 5': [...v5, '-t', 'a', '-C', '20', '-E'],
  'properties of SUBSCRIBE': [
    ...v5,
    '-t',
    'a',
    ...property('subscribe', 'subscription-identifier', '300'),
    ...property('subscribe', 'user-property', 'a', 'b'),
    '-E',
  ],
  '--retain-as-published': [...v5, '-t', 'a', '--retain-as-published', '-E'],
  '-R, 5': [...v5, '-t', 'a', '-R', '-E'],
}

/** Runs the command against a server that says yes to everything; returns all that the client sent. */
async function sent(command: readonly string[], argv: readonly string[], version: number): Promise<string[]> {
  const server = await ScriptedServer.listen()
  const [file, ...before] = command
  const child = spawn(file!, [...before, '-h', '127.0.0.1', '-p', server.port, ...argv], { stdio: 'ignore', env: { PATH: process.env['PATH'] } })
  const ended = once(child, 'exit')
  const packets: string[] = []
  try {
    const peer = await server.accept()
    for (;;) {
      const { type, hex } = await peer.packet()
      packets.push(hex)
      if (type === TYPE.disconnect) break
      const id = type === TYPE.pubrel ? hex.slice(4, 8) : identifierOf(hex)
      if (type === TYPE.connect) peer.send(version === 5 ? '2006000003 22000a' : '20020000') // Topic Alias Maximum 10
      if (type === TYPE.publish && (parseInt(hex.slice(0, 2), 16) & 6) === 2) peer.send(`4002${id}`)
      if (type === TYPE.publish && (parseInt(hex.slice(0, 2), 16) & 6) === 4) peer.send(`5002${id}`)
      if (type === TYPE.pubrel) peer.send(`7002${id}`)
      if (type === TYPE.subscribe) {
        const filters = argv.filter((word) => word === '-t').length
        peer.send(
          version === 5
            ? `90${(3 + filters).toString(16).padStart(2, '0')}${hex.slice(4, 8)}00${'00'.repeat(filters)}`
            : `90${(2 + filters).toString(16).padStart(2, '0')}${hex.slice(4, 8)}${'00'.repeat(filters)}`,
        )
      }
    }
    peer.end()
    await ended
  } finally {
    child.kill('SIGKILL')
    await server.close()
  }
  return packets
}

/** Of a PUBLISH of QoS 1 or 2: behind the Topic Name. */
function identifierOf(hex: string): string {
  const at = 4 + 4 + 2 * parseInt(hex.slice(4, 8), 16)
  return hex.slice(at, at + 4)
}

withTools(['mosquitto_pub', 'mosquitto_sub'], ({ mosquitto_pub, mosquitto_sub }) => {
  describe("our clients and Debian's send the same packets", () => {
    test.each(Object.entries(PUB))('pub: %s', async (_name, flags) => {
      const argv = [...flags, '-t', 'some/topic', '-m', 'payload']
      const version = flags.includes('5') && flags.includes('-V') ? 5 : 4
      const ours = await sent([process.execPath, builtProgram(), 'pub'], argv, version)
      expect(ours).toEqual(await sent([mosquitto_pub], argv, version))
      expect(ours.length).toBeGreaterThan(2)
    })

    test.each(Object.entries(SUB))('sub: %s', async (_name, flags) => {
      const version = flags.includes('-V') ? 5 : 4
      const ours = await sent([process.execPath, builtProgram(), 'sub'], flags, version)
      expect(ours).toEqual(await sent([mosquitto_sub], flags, version))
      expect(ours.length).toBe(3)
    })
  })
})
