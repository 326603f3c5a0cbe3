// Words of the command line to a checked BenchOptions: what contradicts itself is said here, before anything is connected.
// The flags are rows of bench-options.ts. Also the help, which is made of the same rows.

import { nearestName } from '../../base/nearest-name.ts'
import { isTopicFilter, isTopicName } from '../../wire/mqtt/topics.ts'
import { BENCH_MODES, BENCH_OPTIONS, type BenchMode, type BenchOption, type BenchSettings, BenchUsageError, newSettings } from './bench-options.ts'
import { STAMP_SIZE } from './publish-template.ts'

/** Settings with every default in its place. `count` Infinity = no limit; `duration` 0 = no limit; `topic` null = one of our own making. */
export interface BenchOptions extends Readonly<Omit<BenchSettings, 'connections' | 'count' | 'duration' | 'port'>> {
  readonly port: number
  readonly connections: number
  readonly count: number
  readonly duration: number
}

const DEFAULT_CONNECTIONS: Readonly<Record<BenchMode, number>> = { conn: 100, pub: 1, sub: 1, pair: 1, fan: 10 }

/** @throws BenchUsageError */
export function readBenchArguments(argv: readonly string[]): BenchOptions | 'help' {
  const [word, ...rest] = argv
  if (word === undefined) throw new BenchUsageError(`Say what to measure: ${BENCH_MODES.join(', ')}.`)
  if (word === '--help' || rest.includes('--help')) return 'help'
  const mode = BENCH_MODES.find((known) => known === word)
  if (mode === undefined) {
    const meant = nearestName(word, BENCH_MODES)
    throw new BenchUsageError(
      `There is no 'bench ${word}'.${meant === null ? ` Say one of ${BENCH_MODES.join(', ')}.` : ` Did you mean: zanzara bench ${meant}`}`,
    )
  }
  const settings = newSettings(mode)
  for (let i = 0; i < rest.length; i++) {
    const typed = rest[i]!
    const equals = typed.startsWith('--') ? typed.indexOf('=') : -1
    const flag = equals < 0 ? typed : typed.slice(0, equals)
    const option = findOption(mode, flag)
    if (option.argument === null) {
      if (equals >= 0) throw new BenchUsageError(`${flag} takes no value.`)
      option.set(settings, '', flag)
      continue
    }
    const value = equals < 0 ? rest[++i] : typed.slice(equals + 1)
    if (value === undefined || value === '') throw new BenchUsageError(`${flag} needs a value: ${option.argument}.`)
    option.set(settings, value, flag)
  }
  check(settings)
  return complete(settings)
}

function findOption(mode: BenchMode, flag: string): BenchOption {
  const option = BENCH_OPTIONS.find(({ flags }) => flags.includes(flag))
  if (option === undefined) {
    const words = BENCH_OPTIONS.filter(({ modes }) => modes.includes(mode)).flatMap(({ flags }) => flags.filter((known) => known.startsWith('--')))
    const meant = nearestName(flag, words)
    throw new BenchUsageError(`Unknown option '${flag}'.${meant === null ? '' : ` Did you mean ${meant}?`}`)
  }
  if (!option.modes.includes(mode)) throw new BenchUsageError(`${flag} means nothing to bench ${mode}: it belongs to ${option.modes.join(', ')}.`)
  return option
}

function check(settings: BenchSettings): void {
  const { mode, topic, size, rate, intervalMs, connections, tls, unixPath, webSocket, version, userName, password } = settings
  if (mode === 'pub' || mode === 'sub') {
    if (topic === null) throw new BenchUsageError(`bench ${mode} needs a topic: -t ${mode === 'pub' ? 'lab/%i' : 'lab/#'}.`)
  }
  if (topic !== null) {
    const example = topic.replaceAll('%i', '1')
    if (mode === 'sub' ? !isTopicFilter(example) : !isTopicName(example))
      throw new BenchUsageError(`-t ${topic}: not a valid Topic ${mode === 'sub' ? 'Filter' : 'Name'}.`)
  }
  if (mode !== 'sub' && topic?.startsWith('$share/') === true) throw new BenchUsageError(`-t ${topic}: a subscription to it is a shared one, to another topic.`)
  if (mode === 'pair' && topic !== null && (connections ?? 1) > 1 && !topic.includes('%i'))
    throw new BenchUsageError(`-t ${topic}: pairs have topics of their own; put %i where their number belongs.`)
  if ((mode === 'pair' || mode === 'fan') && size < STAMP_SIZE)
    throw new BenchUsageError(`-s ${size}: bench ${mode} needs ${STAMP_SIZE} bytes to number and time its messages.`)
  if (rate > 0 && intervalMs > 0) throw new BenchUsageError('-r and -I both set the pace: give one of them.')
  if (tls !== null && (tls.cert === null) !== (tls.key === null)) throw new BenchUsageError('--cert and --key belong together: give both.')
  if (unixPath !== null && (tls !== null || webSocket)) throw new BenchUsageError('--unix goes without TLS and --ws.')
  if (password !== null && userName === null && version !== 5) throw new BenchUsageError('-P needs -u before MQTT 5.')
}

function complete(settings: BenchSettings): BenchOptions {
  const { mode, tls, webSocket, count, duration, port, connections } = settings
  return {
    ...settings,
    port: port ?? (webSocket ? (tls === null ? 8080 : 8081) : tls === null ? 1883 : 8883),
    connections: connections ?? DEFAULT_CONNECTIONS[mode],
    count: count ?? Number.POSITIVE_INFINITY,
    duration: duration ?? (count === null ? 10 : 0),
  }
}

/** The text of `--help`. */
export function benchHelp(): string {
  const lines = BENCH_OPTIONS.map(({ flags, argument, modes, help }) => {
    const left = `  ${flags.join(', ')}${argument === null ? '' : ` ${argument}`}`
    const scope = modes.length === BENCH_MODES.length ? '' : ` [${modes.join(', ')}]`
    return `${left.padEnd(32)}  ${help}${scope}`
  })
  return `zanzara bench measures a broker, and checks that nothing is lost, repeated or out of order.

Usage: zanzara bench conn|pub|sub|pair|fan [OPTION…]

  conn   opens connections and holds them: connections per second, time to CONNACK
  pub    publishers: messages per second; with QoS 1 and 2 the time to the last acknowledgement
  sub    subscribers: messages per second
  pair   pairs of publisher and subscriber, each on a topic of its own: loss, order, end-to-end latency
  fan    one publisher, many subscribers; --fan-in: many publishers, one subscriber

Options:
${lines.join('\n')}

Without -r and -I messages are sent as fast as the answers allow: latency is then that of full load. For the latency of an
everyday load give a rate. Ctrl-C ends early and prints the result so far, twice: at once.
Exit code: 0 all well, 1 messages lost or out of order or connections failed, 2 wrong arguments.

Examples:
  zanzara bench pair
  zanzara bench pair -c 10 -q 1 -V 5 -d 5
  zanzara bench fan -c 100 -s 256
  zanzara bench fan --fan-in -c 50
  zanzara bench pair -q 1 -r 5000 --json
  zanzara bench conn -c 5000 -R 1000 -d 30
  zanzara bench pub -t 'lab/%i' -c 20 -I 1000 -d 60
  zanzara bench sub -t 'lab/#' -d 0
`
}
