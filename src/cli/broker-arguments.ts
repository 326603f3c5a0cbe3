// The flags of `zanzara broker`, which are mosquitto's: read left to right, no `--opt=value`, no combined short flags.
// Errors are Mosquitto 2.1's; what the flags do is broker.ts' affair.

/** Port of --tls dev unless --tls-port says otherwise: that of MQTT over TLS. */
const DEV_TLS_PORT = 8883
/** Ports that -p may name. */
const MAXIMUM_PORTS = 10

export interface BrokerArguments {
  readonly configFile: string | null
  readonly ports: readonly number[]
  readonly verbose: boolean
  readonly quiet: boolean
  readonly daemon: boolean
  readonly testConfig: boolean
  /** Of --tls dev: where to listen with the development certificates; null = not asked for. */
  readonly devTlsPort: number | null
  /** A file for the keys of all TLS connections, as analysers read them; null = none. */
  readonly tlsKeyLog: string | null
}

/** A command line that cannot be used. `showUsage` when the flag itself is wrong. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError'
  readonly showUsage: boolean

  constructor(message: string, showUsage: boolean) {
    super(message)
    this.showUsage = showUsage
  }
}

/** @throws ArgumentError */
export function readBrokerArguments(argv: readonly string[]): BrokerArguments | 'help' | 'version' {
  const ports: number[] = []
  let configFile: string | null = null
  let verbose = false
  let quiet = false
  let daemon = false
  let testConfig = false
  let tlsKeyLog: string | null = null
  let isDevTls = false
  let tlsPort = DEV_TLS_PORT
  for (let i = 0; i < argv.length; i++) {
    const flag = argv[i]!
    switch (flag) {
      case '-c':
      case '--config-file':
        configFile = argv[++i] ?? null
        if (configFile === null) throw new ArgumentError('-c argument given, but no config file specified.', false)
        break
      case '-p':
      case '--port': {
        const value = argv[++i]
        if (value === undefined) throw new ArgumentError('-p argument given, but no port specified.', false)
        if (!/^[0-9]+$/.test(value) || Number(value) < 1 || Number(value) > 65535) throw new ArgumentError(`Invalid port specified (${value}).`, true)
        if (ports.length === MAXIMUM_PORTS) throw new ArgumentError('Only 10 ports can be specified.', false)
        ports.push(Number(value))
        break
      }
      case '-v':
      case '--verbose':
        verbose = true
        break
      case '-q':
      case '--quiet':
        quiet = true
        break
      case '-d':
      case '--daemon':
        daemon = true
        break
      case '--tls':
        if (argv[++i] !== 'dev') throw new ArgumentError(`--tls takes the word dev, for development certificates (${argv[i] ?? 'nothing'} given).`, true)
        isDevTls = true
        break
      case '--tls-port': {
        const value = argv[++i]
        if (value === undefined || !/^[0-9]{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65535)
          throw new ArgumentError(`Invalid port specified (${value ?? 'none'}).`, true)
        tlsPort = Number(value)
        break
      }
      case '--tls-keylog':
        tlsKeyLog = argv[++i] ?? null
        if (tlsKeyLog === null) throw new ArgumentError('--tls-keylog argument given, but no file specified.', false)
        break
      case '--test-config':
        testConfig = true
        break
      case '-h':
      case '--help':
        return 'help'
      case '--version':
        return 'version'
      default:
        throw new ArgumentError(`Unknown option '${flag}'.`, true)
    }
  }
  return { configFile, ports, verbose, quiet, daemon, testConfig, tlsKeyLog, devTlsPort: isDevTls ? tlsPort : null }
}

/** The lines that name the options; `program` is `zanzara broker` or the name of Mosquitto's program that calls it. */
export function brokerUsage(program: string): string {
  if (program === 'mosquitto') return 'Usage: mosquitto [-c config_file] [-d] [-h] [-p port] [-v]\n                 [-q] [--tls-keylog file]\n'
  return `Usage: ${program} [-c config_file] [-d] [-h] [-p port] [-q] [-v]\n                      [--tls-keylog file]\n`
}

export function brokerHelp(program: string): string {
  return `${program} is an MQTT broker for MQTT 3.1, 3.1.1 and 5.0, with the flags and configuration file of mosquitto.

${brokerUsage(program)}${OPTIONS_AND_EXAMPLES}`
}

const OPTIONS_AND_EXAMPLES = `
  -c, --config-file FILE   read this configuration file (the format of mosquitto.conf)
  -d, --daemon             run in the background; the log then goes where log_dest says
  -p, --port PORT          listen on this port of 127.0.0.1 and ::1; up to 10 times; not with a file that has a listener
  -q, --quiet              no log at all
  -v, --verbose            log every packet
      --tls dev            also listen with TLS, on port 8883, with certificates made at the first use
      --tls-port PORT      another port for it
      --tls-keylog FILE    write the keys of all TLS connections to this file, for analysers
      --test-config        check the file of -c and stop
      --version            print the version
  -h, --help               this text

Without a configuration file only programs on this machine can connect, without a password, on port 1883.
A file that lets the network in and everybody with it:

  listener 1883
  allow_anonymous true

Examples:
  zanzara broker -v
  zanzara broker -p 1884 -d
  zanzara broker -c mosquitto.conf

Signals: INT and TERM stop the broker; HUP reads the configuration again and opens the log files anew;
USR2 prints all subscriptions.
Exit code: 0 stopped, 1 cannot listen, 3 wrong arguments or configuration, 13 an access file cannot be used,
14 the pid file cannot be written.
`
