// The flags of a bare `zanzara`. Unlike those of the mosquitto commands they also take `--flag=value`.
// What they do is start.ts' affair.

import { ArgumentError } from './broker-arguments.ts'

export interface StartArguments {
  readonly port: number
  readonly httpPort: number
  /** Whether the HTTP port was asked for by name. */
  readonly isHttpPortGiven: boolean
  readonly lan: boolean
  /** Of --tls dev: where to listen with the development certificates; null = not asked for. */
  readonly devTlsPort: number | null
  readonly verbose: boolean
  readonly json: boolean
  /** Origins of web pages that may connect, beside our own; `*` = any. */
  readonly origins: readonly string[]
  /** After `--`: what to run while the broker runs. */
  readonly command: readonly string[] | null
}

/** @throws ArgumentError */
export function readStartArguments(argv: readonly string[]): StartArguments | 'help' {
  const origins: string[] = []
  let port = 1883
  let httpPort = 8080
  let isHttpPortGiven = false
  let lan = false
  let isDevTls = false
  let tlsPort: number | null = null
  let verbose = false
  let json = false
  let command: readonly string[] | null = null
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    const equals = word.startsWith('--') ? word.indexOf('=') : -1
    const flag = equals < 0 ? word : word.slice(0, equals)
    const value = (): string => {
      const given = equals < 0 ? argv[++i] : word.slice(equals + 1)
      if (given === undefined || given === '') throw new ArgumentError(`${flag} needs a value.`, true)
      return given
    }
    if (flag === '--') {
      command = argv.slice(i + 1)
      break
    }
    switch (flag) {
      case '-p':
      case '--port':
        port = portOf(flag, value())
        continue
      case '--http-port':
        httpPort = portOf(flag, value())
        isHttpPortGiven = true
        continue
      case '--tls': {
        const word = value()
        if (word !== 'dev') throw new ArgumentError(`--tls takes the word dev, for development certificates; '${word}' is none.`, true)
        isDevTls = true
        continue
      }
      case '--tls-port':
        tlsPort = portOf(flag, value())
        continue
      case '--origin':
        origins.push(value())
        continue
    }
    if (equals >= 0) throw new ArgumentError(`Unknown option '${flag}', or one that takes no value.`, true)
    switch (flag) {
      case '--lan':
        lan = true
        break
      case '-v':
      case '--verbose':
        verbose = true
        break
      case '--json':
        json = true
        break
      case '-h':
      case '--help':
        return 'help'
      default:
        throw new ArgumentError(`Unknown option '${flag}'.`, true)
    }
  }
  if (command !== null && command.length === 0) throw new ArgumentError('-- needs a command after it.', true)
  if (port !== 0 && port === httpPort) throw new ArgumentError(`MQTT and HTTP cannot both use port ${port}: choose another one with --http-port.`, false)
  // Who asks for any free port for MQTT asks for the same for TLS.
  const devTlsPort = isDevTls ? (tlsPort ?? (port === 0 ? 0 : 8883)) : null
  return { port, httpPort, isHttpPortGiven, lan, devTlsPort, verbose, json, origins, command }
}

function portOf(flag: string, text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535)
    throw new ArgumentError(`Invalid port ${text} for ${flag}: it must be between 0 and 65535, 0 = any free one.`, false)
  return Number(text)
}

export const START_USAGE = `Usage: zanzara [--port N] [--http-port N] [--lan] [-v]
       zanzara [--port N] -- COMMAND [ARGUMENT…]
`
