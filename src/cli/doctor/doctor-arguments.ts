// The flags of `zanzara doctor`: those of the clients where they mean the same.
// What they do is doctor.ts' affair.

export interface DoctorArguments {
  readonly configFile: string | null
  readonly host: string | null
  readonly port: number | null
  readonly userName: string | null
  readonly password: string | null
  readonly cafile: string | null
  readonly isDevTls: boolean
  readonly cert: string | null
  readonly key: string | null
  readonly json: boolean
}

export const DOCTOR_HELP = `zanzara doctor finds out why nobody can connect, and says which line mends it.

Usage: zanzara doctor [-c FILE] [-h HOST] [-p PORT] [OPTION…]

  -c, --config-file FILE   the broker's configuration: is it right, may its files be read, do its certificates hold?
  -h, --host HOST          the name or address that clients use; this machine unless given
  -p, --port PORT          1883 unless given, or those of FILE
  -u, --username NAME      log in with this name
  -P, --pw PASSWORD        and this password
      --cafile FILE        TLS: certificates of the authorities to trust
      --tls dev            TLS: trust the development certificates of this user
      --cert FILE          TLS: own certificate
      --key FILE           TLS: its private key
      --json               one JSON object: fine, findings with level, about, text, mend
      --help               this text

It looks at the files, at who listens, and connects with MQTT 3.1.1 and 5.0. It changes nothing.
  ✓ fine    ! worth a look, may be meant so    ✗ broken; the indented line mends it
Exit code: 0 nothing is broken, 1 something is, 2 wrong arguments.

Examples:
  zanzara doctor
  sudo zanzara doctor -c /etc/mosquitto/mosquitto.conf
  zanzara doctor -h broker.lab.example -p 8883 --cafile ca.crt
`

const VALUED: Readonly<Record<string, string>> = {
  '-c': 'configFile',
  '--config-file': 'configFile',
  '-h': 'host',
  '--host': 'host',
  '-p': 'port',
  '--port': 'port',
  '-u': 'userName',
  '--username': 'userName',
  '-P': 'password',
  '--pw': 'password',
  '--cafile': 'cafile',
  '--tls': 'tls',
  '--cert': 'cert',
  '--key': 'key',
}

/** A text other than `help` is what is wrong. */
export function readDoctorArguments(argv: readonly string[]): DoctorArguments | string {
  const given = new Map<string, string>()
  let json = false
  for (let i = 0; i < argv.length; i++) {
    const flag = argv[i]!
    if (flag === '--help') return 'help'
    if (flag === '--json') {
      json = true
      continue
    }
    const name = Object.hasOwn(VALUED, flag) ? VALUED[flag]! : null
    if (name === null) return `Unknown option '${flag}'.`
    const value = argv[++i]
    if (value === undefined || value === '') return `${flag} needs a value.`
    given.set(name, value)
  }
  const port = given.get('port') ?? null
  if (port !== null && (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535))
    return `Invalid port '${port}': it must be between 1 and 65535.`
  const tls = given.get('tls') ?? null
  if (tls !== null && tls !== 'dev') return `--tls takes the word dev, for development certificates; '${tls}' is none.`
  const cert = given.get('cert') ?? null
  const key = given.get('key') ?? null
  if ((cert === null) !== (key === null)) return '--cert and --key belong together.'
  const text = (name: string): string | null => given.get(name) ?? null
  const userName = text('userName')
  const password = text('password')
  if (password !== null && userName === null) return '-P needs a user name: -u NAME.'
  return {
    configFile: text('configFile'),
    host: text('host'),
    port: port === null ? null : Number(port),
    userName,
    password,
    cafile: text('cafile'),
    isDevTls: tls !== null,
    cert,
    key,
    json,
  }
}
