// Sessions at a shell as they were seen with Mosquitto 2.1, replayed with our pub, sub, rr and broker: the same output, errors and exit codes.
// Times and remaining expiry are replaced by words.

import { afterAll, beforeAll, expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { runSub } from '../../src/cli/sub.ts'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

let broker: RunningBroker
beforeAll(async () => {
  broker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
  const user = ['-D', 'publish', 'user-property', 'k1', 'v1', '-D', 'publish', 'user-property', 'k2', 'v2']
  const texts = ['-D', 'publish', 'content-type', 'text/plain', '-D', 'publish', 'response-topic', 'resp/t', '-D', 'publish', 'correlation-data', 'abc']
  const numbers = ['-D', 'publish', 'payload-format-indicator', '1', '-D', 'publish', 'message-expiry-interval', '1000']
  expect(await runPub([...there(), '-t', 'ret/a', '-m', '{"v":1,"s":"x y"}', '-r', '-q', '1'], new FakeTerminal())).toBe(0)
  expect(await runPub([...there(), '-t', 'ret/b', '-m', 'hello', '-r', '-q', '1', ...user, ...texts, ...numbers], new FakeTerminal())).toBe(0)
})
afterAll(() => broker.close())

const there = (): string[] => ['-h', '127.0.0.1', '-p', String(broker.port)]
const ALL = '%t|%p|%q|%r|%l|%m|%x|%X|%%|%A|%C|%D|%E|%F|%P|%R|%S|'
const HINT = "\nUse 'zanzara sub --help' to see usage.\n"

interface Seen {
  readonly args: readonly string[]
  readonly out?: string
  readonly err?: string
  readonly code: number
}

const SEEN: readonly Seen[] = [
  { args: ['-t', 'none', '-W', '1'], err: 'Timed out\n', code: 27 },
  { args: ['-t', 'none', '-W', '1', '--quiet'], code: 27 },
  { args: ['-t', 'ret/+', '-C', '2'], out: '{"v":1,"s":"x y"}\nhello\n', code: 0 },
  { args: ['-t', 'ret/+', '-C', '2', '-v'], out: 'ret/a {"v":1,"s":"x y"}\nret/b hello\n', code: 0 },
  { args: ['-t', 'ret/+', '-C', '2', '-N'], out: '{"v":1,"s":"x y"}hello', code: 0 },
  { args: ['-t', 'ret/+', '-C', '1', '-R', '-W', '1'], err: 'Timed out\n', code: 27 },
  { args: ['-t', 'ret/+', '--retained-only', '-W', '1'], out: '{"v":1,"s":"x y"}\nhello\n', err: 'Timed out\n', code: 27 },
  { args: ['-t', 'ret/+', '-T', 'ret/a', '-C', '1', '-v'], out: 'ret/b hello\n', code: 0 },
  { args: ['-t', 'ret/+', '-E'], code: 0 },
  {
    args: ['-t', 'ret/+', '-E', '-d', '-i', 'x1'],
    out:
      'Client x1 sending CONNECT\nClient x1 received CONNACK (0)\nClient x1 sending SUBSCRIBE (Mid: 1, Topic: ret/+, QoS: 0, Options: 0x00)\n' +
      'Client x1 received SUBACK\nSubscribed (mid: 1): 0\nClient x1 sending DISCONNECT\n',
    code: 0,
  },
  { args: ['-t', 'ret/b', '-C', '1', '-F', ALL], out: 'ret/b|hello|0|1|5|0|68656c6c6f|68656C6C6F|%|||||||||\n', code: 0 },
  {
    args: ['-V', '5', '-q', '1', '-D', 'subscribe', 'subscription-identifier', '7', '-t', 'ret/b', '-C', '1', '-F', ALL],
    out: 'ret/b|hello|1|1|5|1|68656c6c6f|68656C6C6F|%||text/plain|abc|EXPIRY|1|k1:v1 k2:v2|resp/t|7|\n',
    code: 0,
  },
  {
    args: ['-t', 'ret/b', '-C', '1', '-F', '%I|%U|@Y-@m-@d @H:@M:@S.@N|@s|@@|\\t|\\\\|\\e[0m'],
    out: 'ISO|UNIX|DATE|SECONDS|@|\t|\\|\x1b[0m\n',
    code: 0,
  },
  {
    args: ['-t', 'ret/a', '-C', '1', '-F', '%j'],
    out: '{"tst":"TST","topic":"ret/a","qos":0,"retain":true,"payloadlen":17,"payload":"{\\"v\\":1,\\"s\\":\\"x y\\"}"}\n',
    code: 0,
  },
  {
    args: ['-t', 'ret/a', '-C', '1', '-F', '%J'],
    out: '{"tst":"TST","topic":"ret/a","qos":0,"retain":true,"payloadlen":17,"payload":{"v":1,"s":"x y"}}\n',
    code: 0,
  },
  {
    args: ['-t', 'ret/a', '-C', '1', '-F', '%J', '--pretty'],
    out:
      '{\n\t"tst":\t"TST",\n\t"topic":\t"ret/a",\n\t"qos":\t0,\n\t"retain":\ttrue,\n\t"payloadlen":\t17,\n' +
      '\t"payload":\t{\n\t\t"v":\t1,\n\t\t"s":\t"x y"\n\t}\n}\n',
    code: 0,
  },
  { args: ['-t', 'ret/b', '-C', '1', '-F', '%J'], out: '\n', err: 'Error: Message payload is not valid JSON on topic ret/b.\n', code: 0 },
  {
    args: ['-t', 'ret/b', '-C', '1', '-V', '5', '-q', '1', '-F', '%j'],
    out:
      '{"tst":"TST","topic":"ret/b","qos":1,"retain":true,"payloadlen":5,"mid":1,"properties":{"user-properties":[{"k1":"v1"},{"k2":"v2"}],' +
      '"content-type":"text/plain","response-topic":"resp/t","correlation-data":"abc","payload-format-indicator":1,"message-expiry-interval":EXPIRY},' +
      '"payload":"hello"}\n',
    code: 0,
  },
  { args: ['-t', 'ret/b', '-C', '1', '-F', '%z'], err: `Error: Invalid format specifier 'z'.\n${HINT}`, code: 1 },
  { args: ['-t', 'ret/b', '-C', '1', '--retain-as-published', '-V', '5', '-F', '%r %p'], out: '1 hello\n', code: 0 },
  { args: ['-t', 'ret/b', '--message-rate', '-W', '2'], out: '1 msgs/s\n0 msgs/s\n', err: 'Timed out\n', code: 27 },
  { args: ['-t', 'ret/b', '-w', '-C', '1'], out: '\x1b[2J\x1b[1;1HBroker: 127.0.0.1\n\x1b[2;1Hhello\n\x1b[2;1H\n', code: 0 },
  { args: ['-t', 'ret/b', '-C', '1', '--retain-handling', 'never', '-V', '5', '-W', '1'], err: 'Timed out\n', code: 27 },
]

function neutral(text: string): string {
  return text
    .replace(/(?<="tst":\t?")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}(?=")/, 'TST')
    .replace(/(?<="message-expiry-interval":|\|)(1000|99\d)(?=[}|])/, 'EXPIRY')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}/, 'ISO')
    .replace(/\|\d{10}\.\d{9}\|/, '|UNIX|')
    .replace(/\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}\|/, '|DATE|')
    .replace(/\|\d{10}\|/, '|SECONDS|')
}

test.each(SEEN)('sub %j', async ({ args, out = '', err = '', code }) => {
  const io = new FakeTerminal()
  const exitCode = await runSub([...there(), ...args], io)
  expect({ out: neutral(io.stdout.text), err: io.stderr.text, code: exitCode }).toEqual({ out, err, code })
})

test('the retained messages are removed, each acknowledged; nothing is left for the next one', async () => {
  const io = new FakeTerminal()
  expect(await runSub([...there(), '-t', 'ret/#', '--remove-retained', '-W', '1', '-v', '-d', '-i', 'rr'], io)).toBe(27)
  const lines = io.stdout.text.split('\n')
  // The acknowledgements come when the server sends them; what is told of the messages keeps its order.
  expect(lines.filter((line) => !line.includes(' PUBACK '))).toEqual([
    'Client rr sending CONNECT',
    'Client rr received CONNACK (0)',
    'Client rr sending SUBSCRIBE (Mid: 1, Topic: ret/#, QoS: 0, Options: 0x00)',
    'Client rr received SUBACK',
    'Subscribed (mid: 1): 0',
    "Client rr received PUBLISH (d0, q0, r1, m0, 'ret/a', ... (17 bytes))",
    "Client rr sending PUBLISH (d0, q1, r1, m2, 'ret/a', ... (0 bytes))",
    'ret/a {"v":1,"s":"x y"}',
    "Client rr received PUBLISH (d0, q0, r1, m0, 'ret/b', ... (5 bytes))",
    "Client rr sending PUBLISH (d0, q1, r1, m3, 'ret/b', ... (0 bytes))",
    'ret/b hello',
    "Client rr received PUBLISH (d0, q0, r0, m0, 'ret/a', ... (0 bytes))",
    'ret/a (null)',
    "Client rr received PUBLISH (d0, q0, r0, m0, 'ret/b', ... (0 bytes))",
    'ret/b (null)',
    'Client rr sending DISCONNECT',
    '',
  ])
  expect(lines.filter((line) => line.includes(' PUBACK '))).toEqual(['Client rr received PUBACK (Mid: 2, RC:0)', 'Client rr received PUBACK (Mid: 3, RC:0)'])
  expect(io.stderr.text).toBe('Timed out\n')
  const after = new FakeTerminal()
  expect(await runSub([...there(), '-t', 'ret/#', '-W', '1', '-v'], after)).toBe(27)
  expect(after.stdout.text).toBe('')
})
