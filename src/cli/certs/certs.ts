// `zanzara certs`: development certificates for TLS, and a look into any certificate.
// Arguments and what is printed; the work is in dev-certificates.ts and show.ts.

import { join, resolve } from 'node:path'
import { type DevCertificate, type DevCertificates, ensureDevCertificates } from '../../certs/dev-certificates.ts'
import { DevCertificatesError, devFolder } from '../../certs/dev-folder.ts'
import { alternativeNames, normalHost, ownHosts, union } from '../../certs/host-names.ts'
import { escapeControls } from '../../server/log-destinations.ts'
import { ownCommand } from '../own-command.ts'
import type { Terminal } from '../terminal.ts'
import { day } from './inspect.ts'
import { ShowError, showFile } from './show.ts'

const HELP = `zanzara certs makes certificates for trying TLS, and shows what is in any certificate.

Usage: zanzara certs dev [--out DIR] [--host NAME…] [--days N] [--json]
       zanzara certs show FILE… [--json]

dev   makes an authority (CA), a server's and a client's certificate, and says how to use them.
      What is there and still holds is kept; what ends soon, or lacks a name, is renewed under the same authority.
  --out DIR     folder for ca.crt, server.crt, server.key, client.crt, client.key; unless given, the one that --tls dev uses
  --host NAME   a name or address that clients connect to, beside localhost and this machine's own; repeatable
  --days N      how long the server's and the client's certificate hold, 1 to 3650; 365 unless given

show  prints subject, issuer, names, dates and fingerprint of every certificate in FILE, and what is wrong with it.

  --json        one JSON object per folder or file
  --help        this text

Exit code: 0 fine, 1 something in a certificate that no client accepts, or files that cannot be used, 2 wrong arguments.

Examples:
  zanzara certs dev
  zanzara certs dev --out certs --host broker.lab.example --host 192.168.4.1
  zanzara certs show /etc/mosquitto/certs/server.crt
`

const CertsExitCode = { Fine: 0, Problem: 1, Usage: 2 } as const

class CertsArgumentError extends Error {
  override readonly name = 'CertsArgumentError'
}

/** Runs the command; returns its exit code. `now` in milliseconds since 1970. */
export async function runCerts(argv: readonly string[], terminal: Terminal, now: number = Date.now()): Promise<number> {
  let code: number
  try {
    code = await run(argv, terminal, now)
  } catch (error) {
    if (error instanceof CertsArgumentError) {
      terminal.stderr.write(`Error: ${escapeControls(error.message)}\n\nUse 'zanzara certs --help' to see usage.\n`)
      code = CertsExitCode.Usage
    } else if (error instanceof DevCertificatesError || error instanceof ShowError) {
      terminal.stderr.write(`Error: ${escapeControls(error.message)}\n`)
      code = CertsExitCode.Problem
    } else throw error
  }
  await terminal.stdout.flush()
  await terminal.stderr.flush()
  return code
}

async function run(argv: readonly string[], terminal: Terminal, now: number): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    terminal.stdout.write(HELP)
    return CertsExitCode.Fine
  }
  const [word, ...rest] = argv
  switch (word) {
    case 'dev':
      return await dev(rest, terminal, now)
    case 'show':
      return show(rest, terminal, now)
    case undefined:
      throw new CertsArgumentError("Say what to do: 'dev' makes certificates, 'show FILE' looks into one.")
    default:
      throw new CertsArgumentError(`Unknown word '${word}': it is 'dev' or 'show FILE'.`)
  }
}

async function dev(argv: readonly string[], terminal: Terminal, now: number): Promise<number> {
  const { out, hosts, days, json } = readDevArguments(argv)
  const usual = devFolder(terminal.env)
  const folder = out === null ? usual : resolve(out)
  if (folder === null) throw new CertsArgumentError('There is no home folder to keep certificates in: set HOME, or name a folder with --out.')
  const made = await ensureDevCertificates(folder, { hosts: union(ownHosts(), hosts), days, now })
  terminal.stdout.write(json ? devJson(made) : devText(made, folder === usual, ownCommand(terminal, process.cwd())))
  return CertsExitCode.Fine
}

interface DevArguments {
  readonly out: string | null
  readonly hosts: readonly string[]
  readonly days: number | null
  readonly json: boolean
}

function readDevArguments(argv: readonly string[]): DevArguments {
  const hosts: string[] = []
  let out: string | null = null
  let days: number | null = null
  let json = false
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    const equals = word.startsWith('--') ? word.indexOf('=') : -1
    const flag = equals < 0 ? word : word.slice(0, equals)
    if (flag === '--json' && equals < 0) {
      json = true
      continue
    }
    if (flag !== '--out' && flag !== '--host' && flag !== '--days') throw new CertsArgumentError(`Unknown option '${word}'.`)
    const value = equals < 0 ? argv[++i] : word.slice(equals + 1)
    if (value === undefined || value === '') throw new CertsArgumentError(`${flag} needs a value.`)
    if (flag === '--out') out = value
    else if (flag === '--days') {
      if (!/^\d{1,4}$/.test(value) || Number(value) < 1 || Number(value) > 3650)
        throw new CertsArgumentError(`Invalid days '${value}': it must be between 1 and 3650.`)
      days = Number(value)
    } else {
      const host = normalHost(value)
      if (host === null) throw new CertsArgumentError(`Invalid host '${value}': give a name such as broker.lab.example, or an address.`)
      hosts.push(host)
    }
  }
  return { out, hosts, days, json }
}

function show(argv: readonly string[], terminal: Terminal, now: number): number {
  const files = argv.filter((word) => !word.startsWith('-'))
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--json')
  if (unknown !== undefined) throw new CertsArgumentError(`Unknown option '${unknown}'.`)
  if (files.length === 0) throw new CertsArgumentError('Give at least one file to show.')
  let isFine = true
  for (const file of files) {
    const shown = showFile(file, now, argv.includes('--json'))
    terminal.stdout.write(shown.text)
    isFine &&= shown.isFine
  }
  return isFine ? CertsExitCode.Fine : CertsExitCode.Problem
}

function devJson({ folder, ca, server, client }: DevCertificates): string {
  const json = ({ certificate, certificateFile, keyFile, action }: DevCertificate): object => ({
    certificate: certificateFile,
    key: keyFile,
    action,
    names: alternativeNames(certificate),
    notAfter: new Date(certificate.validTo).toISOString(),
    fingerprint: certificate.fingerprint256,
  })
  return `${JSON.stringify({ folder, ca: json(ca), server: json(server), client: json(client) })}\n`
}

function devText({ folder, ca, server, client }: DevCertificates, isUsual: boolean, command: string): string {
  const row = ({ name, certificate, action, reason }: DevCertificate, what: string): string =>
    `  ${action.padEnd(8)} ${`${name}.crt`.padEnd(11)} ${what}; until ${day(new Date(certificate.validTo))}${reason === '' ? '' : ` (${reason})`}`
  const path = (file: string): string => quoted(join(folder, file))
  const tls = isUsual ? '--tls dev' : `--cafile ${path('ca.crt')} -p 8883`
  return `Certificates for development in ${folder}

${row(ca, commonName(ca))}
${row(server, alternativeNames(server.certificate).join(', '))}
${row(client, `${commonName(client)}, for listeners with require_certificate`)}

A broker with them:${isUsual ? `\n    ${command} broker --tls dev -v` : ''}
${isUsual ? '  or these lines in mosquitto.conf:' : '  lines for mosquitto.conf:'}
    listener 8883
    cafile ${join(folder, 'ca.crt')}
    certfile ${join(folder, 'server.crt')}
    keyfile ${join(folder, 'server.key')}
    allow_anonymous true

Clients:
    ${command} sub ${tls} -t "hello/#" -v
    ${command} pub ${tls} -t hello/world -m "Ciao!"
    mosquitto_pub --cafile ${path('ca.crt')} -h localhost -p 8883 -t hello/world -m "Ciao!"
  with the client's certificate, add: --cert ${path('client.crt')} --key ${path('client.key')}

To make everything on a machine trust them, give it ca.crt:
    Debian, Ubuntu   sudo cp ${path('ca.crt')} /usr/local/share/ca-certificates/zanzara-dev.crt && sudo update-ca-certificates
    Fedora, Arch     sudo trust anchor ${path('ca.crt')}
    macOS            security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${path('ca.crt')}
    Windows          certutil -user -addstore Root ${path('ca.crt')}
    Node.js          NODE_EXTRA_CA_CERTS=${path('ca.crt')}

Keys are readable by you alone; a broker that runs as another user needs its own copy of server.key.
Whoever has ca.key can pass for any server with those who trust ca.crt: never hand it out.
`
}

function commonName({ certificate }: DevCertificate): string {
  return (
    certificate.subject
      .split('\n')
      .find((part) => part.startsWith('CN='))
      ?.slice(3) ?? ''
  )
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./\\:@+-]+$/.test(path) ? path : `"${path}"`
}
