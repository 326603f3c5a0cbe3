// Command lines about what sub and rr print, for same-output.test.ts: formats, and the request and response of rr.
// Only what Mosquitto 2.0 and 2.1 agree on, or where one row of differences tells them apart.

import type { CommandLine } from './command-lines.ts'
import type { RawPublish } from './raw-client.ts'

const trace = ['-d', '-i', 'someone']
const message = (topicName: string, payload: string, more: Partial<RawPublish> = {}): RawPublish => ({ topicName, payload, qos: 1, ...more })
const sub = (name: string, args: readonly string[], more: Partial<CommandLine> = {}): CommandLine => ({ name: `sub: ${name}`, tool: 'sub', args, ...more })
const rr = (name: string, args: readonly string[], more: Partial<CommandLine> = {}): CommandLine => ({ name: `rr: ${name}`, tool: 'rr', args, ...more })

const RICH = {
  properties: {
    contentType: 'text/plain',
    responseTopic: 'resp/t',
    correlationData: Buffer.from('abc'),
    payloadFormatIndicator: 1,
    messageExpiryInterval: 3600,
    userProperties: [['k1', 'v1']],
  },
} as const

/** Of a message `hello` on f/b. */
const FORMATS = [
  '%t|%p|%q|%r|%l|%m|%x|%X|%%|%A|%C|%D|%E|%F|%P|%R|%S|',
  '%10t|%-10t|%010t|%.3t|%10.3t|%-10.3t|%5l|%05l|%-5l|%-05l|%.9l|',
  '[%10p][%-10p][%010p][%3p][%-3p][%-p][%.1p][%-x]',
  '[%5A][%5C][%-5E][%5F][%5S][%5R][%5D][%5P][%5q][%5%]',
  '\\\\|\\a|\\e[0m|\\n|\\r|\\t|\\v|@@|@%|@n|@z|@Z|@Y|@E|@é|é',
] as const

const NO_FORMATS = ['%', '%0', '%-', '%1', '%.', '%.1', '%Z', '@', '\\', '\\Z'] as const

const there = ['-t', 'q', '-e', 'a'] as const
const yes = { live: [message('a', 'yes')] }

export const OUTPUT_LINES: readonly CommandLine[] = [
  ...FORMATS.map((format) => sub(`-F ${format}`, ['-q', '1', '-t', 'f/#', '-C', '1', '-F', format], { live: [message('f/b', 'hello')] })),
  sub('-F, properties of MQTT 5', ['-V', '5', '-q', '1', '-D', 'subscribe', 'subscription-identifier', '7', '-t', 'f/b', '-C', '1', '-F', FORMATS[0]], {
    live: [message('f/b', 'hello', RICH)],
  }),
  sub('-F, an empty payload', ['-t', 'f/b', '-C', '1', '-F', '[%p][%x][%3p][%l]'], { live: [message('f/b', '')] }),
  sub('-F with -N', ['-t', 'f/b', '-C', '2', '-N', '-F', '%p;'], { live: [message('f/b', '1'), message('f/b', '2')] }),
  sub('%j', ['-t', 'f/b', '-C', '3', '-F', '%j'], { live: [message('f/b', 'hello "you"\t\u0001/'), message('f/b', ''), message('f/b', 'é😀')] }),
  sub('%j, MQTT 5', ['-V', '5', '-q', '2', '-t', 'f/b', '-C', '1', '-F', '%j'], { live: [message('f/b', 'hello', RICH)] }),
  sub('%J', ['-t', 'f/b', '-C', '1', '-F', '%J'], {
    live: [message('f/b', ' {"b":[1,27.0,1e3,-0.5,1e-7,1e20,12345678901,0.1,{}], "a":"\\u00e9\\/\\n", "1":null,"t":true ,"f":false,"a":{"x":[]}} ')],
  }),
  sub('%J --pretty', ['-t', 'f/b', '-C', '1', '-F', '%J', '--pretty'], { live: [message('f/b', '{"v":[1,{"s":"x y"}],"n":{"m":2}}')] }),
  sub('%J of what is no JSON', ['-t', 'f/b', '-C', '1', '-F', '<%J>'], { live: [message('f/b', 'hello')] }),
  sub('%J of what is no JSON, quiet', ['-t', 'f/b', '-C', '1', '-F', '<%J>', '--quiet'], { live: [message('f/b', 'hello')] }),
  sub('-v -N', ['-t', 'f/b', '-C', '3', '-v', '-N'], { live: [message('f/b', 'x'), message('f/b', ''), message('f/b', 'y')] }),
  ...NO_FORMATS.map((format) => sub(`-F ${format} is no format`, ['-t', 'a', '-F', format])),
  sub('-F without a format', ['-t', 'a', '-F']),
  sub('--retain-as-published', ['-V', '5', '-t', 'f/b', '--retain-as-published', '-C', '1', '-F', '%r %p'], { retained: [message('f/b', 'kept')] }),
  sub('--remove-retained', ['-t', 'f/b', '--remove-retained', '-v', '-W', '1'], { retained: [message('f/b', 'kept')] }),
  sub('-d --quiet', [...trace, '--quiet', '-t', 'f/b', '-E']),
  rr('the response', [...there, '-m', 'ask'], yes),
  rr('3.1.1', ['-V', '311', ...there, '-m', 'ask', '-q', '1'], yes),
  rr('3.1', ['-V', '31', ...there, '-n'], yes),
  rr('-v', [...there, '-n', '-v'], yes),
  rr('-N', [...there, '-n', '-N'], yes),
  rr('-F', [...there, '-n', '-F', '%t=%p'], yes),
  rr('-f', [...there, '-f', 'FOLDER/message.bin'], yes),
  rr('-s', [...there, '-s'], { ...yes, stdin: 'all\nof it\n' }),
  rr('-W, 3.1.1', [...trace, '-V', '311', ...there, '-n', '-W', '1']),
  rr('-W, 5', [...trace, ...there, '-n', '-W', '1']),
  rr('nothing given', []),
  rr('no payload', ['-t', 'q', '-e', 'a']),
  rr('no response topic', ['-t', 'q', '-n']),
  rr('a wildcard in the response topic', ['-t', 'q', '-e', 'a/+', '-n']),
  rr('a second response topic', [...there, '-n', '-D', 'publish', 'response-topic', 'b']),
  rr('-l', [...there, '-l']),
  rr('-r', [...there, '-n', '-r']),
  rr('-C', [...there, '-n', '-C', '1']),
  rr('wrong password, 3.1.1', [...trace, '-V', '311', ...there, '-n', '-u', 'alice', '-P', 'wrong', '-p', 'LOCKED']),
  rr('wrong password, 5', [...trace, ...there, '-n', '-u', 'alice', '-P', 'wrong', '-p', 'LOCKED']),
  rr('nobody listens', [...there, '-n', '-p', 'CLOSED']),
  rr('--help', ['--help']),
  rr('--version', ['--version']),
]
