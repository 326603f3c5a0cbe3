// The command lines that our clients and Debian's are both given, with what the broker holds and says meanwhile.
// PORT in an argument is the plain listener, LOCKED the one with a password, CLOSED a port where nobody listens, FOLDER the place of the files.

import type { RawPublish } from './raw-client.ts'

export interface CommandLine {
  readonly name: string
  readonly tool: 'pub' | 'sub' | 'rr'
  /** `-p PORT` comes before them, unless they name a port. */
  readonly args: readonly string[]
  readonly stdin?: string
  /** Retained when the command starts, and cleared afterwards. */
  readonly retained?: readonly RawPublish[]
  /** Published once the command has subscribed. The first one is of QoS 1 and sent again until somebody takes it. */
  readonly live?: readonly RawPublish[]
  /** Sent once the payload `ready` is printed. */
  readonly signal?: NodeJS.Signals
}

const id = ['-i', 'someone']
const trace = ['-d', ...id]
const message = (topicName: string, payload: string, qos: 0 | 1 | 2 = 1, more: Partial<RawPublish> = {}): RawPublish => ({ topicName, payload, qos, ...more })
const pub = (name: string, args: readonly string[], more: Partial<CommandLine> = {}): CommandLine => ({ name: `pub: ${name}`, tool: 'pub', args, ...more })
const sub = (name: string, args: readonly string[], more: Partial<CommandLine> = {}): CommandLine => ({ name: `sub: ${name}`, tool: 'sub', args, ...more })

const VERSIONS = ['31', '311', '5'] as const

const PUB_LINES: readonly CommandLine[] = [
  ...VERSIONS.flatMap((version) =>
    [0, 1, 2].map((qos) => pub(`trace of QoS ${qos}, ${version}`, [...trace, '-V', version, '-t', 'a/b', '-m', '33.3', '-q', String(qos)])),
  ),
  pub('silent without -d', [...id, '-t', 'a', '-m', 'x', '-q', '1']),
  pub('trace without an id, 3.1.1', ['-d', '-t', 'a', '-m', 'x']),
  pub('trace without an id, 5', ['-d', '-V', '5', '-t', 'a', '-m', 'x', '-q', '1']),
  pub('retained, then cleared', [...trace, '-t', 'kept', '-m', 'x', '-r', '-q', '1']),
  pub('-n', [...trace, '-t', 'kept', '-n', '-r', '-q', '1']),
  pub('-l', [...trace, '-t', 'lines', '-l'], { stdin: 'one\ntwo\r\n\nlast' }),
  pub('-l of nothing', [...trace, '-t', 'lines', '-l']),
  pub('-s', [...trace, '-t', 'all', '-s', '-q', '1'], { stdin: 'two\nlines\n' }),
  pub('-s of nothing', [...trace, '-t', 'all', '-s']),
  pub('-f', [...trace, '-t', 'file', '-f', 'FOLDER/message.bin', '-q', '1']),
  pub('-f of a file that is not there', [...trace, '-t', 'file', '-f', 'FOLDER/none']),
  pub('a will', [...trace, '-t', 'a', '-m', 'x', '--will-topic', 'w', '--will-payload', 'gone', '--will-qos', '1', '--will-retain']),
  pub('a will without a topic', ['-t', 'a', '-m', 'x', '--will-payload', 'gone']),
  pub('a retained will without a topic', ['-t', 'a', '-m', 'x', '--will-retain']),
  pub('--repeat', [...trace, '-t', 'a', '-m', 'x', '-q', '1', '--repeat', '3']),
  pub('-k and -c', [...trace, '-c', '-k', '10', '-t', 'a', '-m', 'x', '-q', '1']),
  pub('-c without -i', ['-c', '-t', 'a', '-m', 'x']),
  pub('unknown option', ['-t', 'a', '-m', 'x', '--nonsense']),
  pub('two short options in one word', ['-dv', '-t', 'a', '-m', 'x']),
  pub('a word that is no option', ['hello']),
  pub('a flag without its value', ['-t']),
  pub('-q 3', ['-t', 'a', '-m', 'x', '-q', '3']),
  pub('-k 1', ['-t', 'a', '-m', 'x', '-k', '1']),
  pub('-p 70000', ['-t', 'a', '-m', 'x', '-p', '70000']),
  pub('-V 4', ['-t', 'a', '-m', 'x', '-V', '4']),
  pub('two kinds of payload', ['-t', 'a', '-m', 'x', '-n']),
  pub('no topic', ['-m', 'x']),
  pub('no payload', ['-t', 'a']),
  pub('a wildcard in the topic', ['-t', 'a/#', '-m', 'x']),
  pub('--help', ['--help']),
  pub('--version', ['--version']),
  pub('an empty topic', [...id, '-t', '', '-m', 'x']),
  pub('an unknown host', ['-h', 'nowhere.invalid', ...id, '-t', 'a', '-m', 'x']),
  pub('a certificate without its key', ['-t', 'a', '-m', 'x', '--cert', 'FOLDER/message.bin']),
  pub('an authority file that is not there', ['-t', 'a', '-m', 'x', '--cafile', 'FOLDER/none']),
  pub('--psk without an identity', ['-t', 'a', '-m', 'x', '--psk', '00']),
  pub('--psk and --cafile', ['-t', 'a', '-m', 'x', '--psk', '00', '--psk-identity', 'me', '--cafile', 'FOLDER/none']),
  pub('--keyform without --key', ['-t', 'a', '-m', 'x', '--keyform', 'pem']),
  pub('--keyform of another kind', ['-t', 'a', '-m', 'x', '--cert', 'c', '--key', 'k', '--keyform', 'der']),
  pub('--tls-engine-kpass-sha1 alone', ['-t', 'a', '-m', 'x', '--tls-engine-kpass-sha1', '00']),
  pub('--proxy of another kind', ['-t', 'a', '-m', 'x', '--proxy', 'http://127.0.0.1:1']),
  pub('--proxy without a host', ['-t', 'a', '-m', 'x', '--proxy', 'socks5h://']),
  pub('--proxy with a wrong port', ['-t', 'a', '-m', 'x', '--proxy', 'socks5h://h:70000']),
  pub('--proxy that is not there', ['-t', 'a', '-m', 'x', '--proxy', 'socks5h://127.0.0.1:1']),
  pub('-A that is not ours', [...id, '-h', '127.0.0.1', '-A', '192.0.2.1', '-t', 'a', '-m', 'x']),
  pub('-A that nobody knows', [...id, '-A', 'nowhere.invalid', '-t', 'a', '-m', 'x']),
  pub('-A', [...trace, '-h', '127.0.0.1', '-A', '127.0.0.2', '-t', 'a', '-m', 'x']),
  pub('-M 0', ['-t', 'a', '-m', 'x', '-M', '0']),
  pub('-x that is no number', ['-t', 'a', '-m', 'x', '-x', 'abc']),
  pub('-x out of range', ['-t', 'a', '-m', 'x', '-x', '99999999999']),
  pub('-L', [...trace, '-L', 'mqtt://u:p@localhost:PORT/url/topic', '-m', 'hi']),
  pub('-L without a topic', ['-L', 'mqtt://localhost', '-m', 'hi']),
  pub('-S', ['-t', 'a', '-m', 'x', '-S']),
  pub('--unix to nothing', ['--unix', 'FOLDER/none', '-t', 'a', '-m', 'x']),
  pub('an empty id', ['-i', '', '-t', 'a', '-m', 'x']),
  pub('-i and -I', ['-i', 'a', '-I', 'b', '-t', 'a', '-m', 'x']),
  pub('--will-qos 3', ['-t', 'a', '-m', 'x', '--will-topic', 'w', '--will-qos', '3']),
  pub('--repeat 0', ['-t', 'a', '-m', 'x', '--repeat', '0']),
  pub('a property twice', ['-t', 'a', '-m', 'x', '-D', 'publish', 'content-type', 'a', '-D', 'publish', 'content-type', 'b']),
  pub('Receive Maximum 0', ['-t', 'a', '-m', 'x', '-D', 'connect', 'receive-maximum', '0']),
  pub('Receive Maximum 65536', ['-t', 'a', '-m', 'x', '-D', 'connect', 'receive-maximum', '65536']),
  pub('a property of another packet', ['-t', 'a', '-m', 'x', '-D', 'connect', 'topic-alias', '5']),
  pub('a property of PUBACK', ['-t', 'a', '-m', 'x', '-D', 'puback', 'reason-string', 'x']),
  pub('a property without a value', ['-t', 'a', '-m', 'x', '-D', 'publish', 'topic-alias']),
  pub('a Subscription Identifier to publish', ['-t', 'a', '-m', 'x', '-D', 'publish', 'subscription-identifier', '5']),
  pub('nobody listens', [...id, '-t', 'a', '-m', 'x', '-p', 'CLOSED']),
  pub('right password', [...trace, '-t', 'a', '-m', 'x', '-q', '1', '-u', 'alice', '-P', 'secret', '-p', 'LOCKED']),
  ...VERSIONS.map((version) =>
    pub(`wrong password, ${version}`, [...trace, '-V', version, '-t', 'a', '-m', 'x', '-u', 'alice', '-P', 'wrong', '-p', 'LOCKED']),
  ),
  pub('$SYS is not for clients, 3.1.1', [...trace, '-t', '$SYS/mine', '-m', 'x', '-q', '1']),
  pub('$SYS is not for clients, 5', [...trace, '-V', '5', '-t', '$SYS/mine', '-m', 'x', '-q', '1']),
]

const SUB_LINES: readonly CommandLine[] = [
  ...VERSIONS.flatMap((version) =>
    ([0, 1, 2] as const).map((qos) =>
      sub(`trace of QoS ${qos}, ${version}`, [...trace, '-V', version, '-t', 'a/#', '-q', String(qos), '-v', '-C', '2'], {
        live: [message('a/1', 'one'), message('a/2', 'two', 2)],
      }),
    ),
  ),
  sub('several filters and one taken back', [...trace, '-t', 'a/#', '-t', 'b', '-U', 'a/#', '-C', '1'], { live: [message('b', 'x')] }),
  sub('only payloads', ['-t', 'c', '-C', '2'], { live: [message('c', 'x'), message('c', 'two words')] }),
  sub('-v with an empty payload', ['-t', 'c', '-v', '-C', '3'], { live: [message('c', 'x'), message('c', ''), message('c', 'y')] }),
  sub('an empty payload without -v', ['-t', 'c', '-C', '3'], { live: [message('c', 'x'), message('c', ''), message('c', 'y')] }),
  sub('-N', ['-t', 'c', '-N', '-C', '2'], { live: [message('c', 'x'), message('c', 'y')] }),
  sub('-T', ['-t', 'c/#', '-T', 'c/no', '-v', '-C', '1'], { live: [message('c/no', 'x'), message('c/yes', 'y')] }),
  sub('retained messages', ['-t', 'r/#', '-v', '-C', '1'], { retained: [message('r/1', 'kept')] }),
  sub('-R', ['-t', 'r/#', '-R', '-v', '-C', '1'], { retained: [message('r/1', 'kept')], live: [message('r/2', 'live')] }),
  sub('--retained-only', ['-t', 'r/#', '--retained-only', '-v'], { retained: [message('r/1', 'kept')], live: [message('r/2', 'live')] }),
  sub('-W, 3.1.1', [...trace, '-t', 'c', '-W', '1']),
  sub('-W, 5', [...trace, '-V', '5', '-t', 'c', '-W', '1']),
  sub('-E', ['-d', '-i', 'kept', '-t', 'e', '-E', '-c', '-q', '1']),
  sub('SIGTERM', [...trace, '-t', 'c'], { live: [message('c', 'ready')], signal: 'SIGTERM' }),
  sub('SIGINT, 5', [...trace, '-V', '5', '-t', 'c'], { live: [message('c', 'ready')], signal: 'SIGINT' }),
  sub('--help', ['--help']),
  sub('--version', ['--version']),
  sub('no topic', []),
  sub('-U without -t', [...trace, '-U', 'a', '-W', '1']),
  sub('an empty filter', ['-t', '']),
  sub('a wrong filter', ['-t', 'a#']),
  sub('-C 0', ['-t', 'a', '-C', '0']),
  sub('-W 0', ['-t', 'a', '-W', '0']),
  sub('unknown option', ['-t', 'a', '-m', 'x']),
  sub('-R with --retained-only', ['-t', 'a', '-R', '--retained-only']),
  sub('-c without -i', ['-c', '-t', 'a']),
  sub('nobody listens', [...id, '-t', 'a', '-p', 'CLOSED']),
  sub('wrong password, 3.1.1', [...trace, '-t', 'a', '-u', 'alice', '-P', 'wrong', '-p', 'LOCKED']),
  sub('wrong password, 5', [...trace, '-V', '5', '-t', 'a', '-u', 'alice', '-P', 'wrong', '-p', 'LOCKED']),
]

export const COMMAND_LINES: readonly CommandLine[] = [...PUB_LINES, ...SUB_LINES]
