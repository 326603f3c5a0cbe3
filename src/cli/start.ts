// Bare `zanzara`: a broker for this machine with MQTT over WebSocket beside it, and what to paste to try it.
// With `--lan` for the network, behind a password made up on the spot; with `-- COMMAND` for as long as that command runs.

import { randomInt } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { isatty } from 'node:tty'
import { makeScramVerifier } from '../auth/scram-verifier.ts'
import { StaticUsers } from '../auth/static-users.ts'
import type { Log, LogType } from '../base/log.ts'
import { DevCertificatesError } from '../certs/dev-folder.ts'
import type { AdminServer } from '../server/admin/admin-server.ts'
import { ListenError } from '../server/listen-error.ts'
import { ALL_LOG_TYPES, escapeControls } from '../server/log-destinations.ts'
import { packageVersion } from '../server/package-version.ts'
import { type BrokerListener, type RunningBroker, startBroker } from '../server/start-broker.ts'
import { answerStartPage, type StartPageContent } from '../server/start-page.ts'
import { ArgumentError } from './broker-arguments.ts'
import type { DevTls } from './certs/dev-tls.ts'
import { coloursFor } from './colours.ts'
import { ownCommand } from './own-command.ts'
import { ProgramLog } from './program-log.ts'
import { runBeside } from './run-beside.ts'
import { readStartArguments, START_USAGE, type StartArguments } from './start-arguments.ts'
import { untilStopped } from './stop-signals.ts'
import type { Terminal } from './terminal.ts'
import { inlineHotPath, keepNewSpaceSmall } from './v8-settings.ts'

/** Without `-v` the terminal belongs to the welcome; only what somebody should act on is logged. */
const QUIET_LOG_TYPES: ReadonlySet<LogType> = new Set<LogType>(['error', 'warning'])

/** The flag that chooses another port, by transport. */
const PORT_FLAGS: Readonly<Record<string, string>> = { tcp: '--port', ws: '--http-port', tls: '--tls-port' }

/** Name and password of `--lan`. */
interface Login {
  readonly userName: string
  readonly password: string
}

/** The console, and the token of this start; null where none is needed. */
interface OpenConsole {
  readonly server: AdminServer
  readonly token: string | null
}

/** What the welcome tells. */
interface Welcome {
  readonly version: string
  readonly mqttUrls: readonly string[]
  readonly webSocketUrls: readonly string[]
  readonly tls: { readonly urls: readonly string[]; readonly authorityFile: string } | null
  readonly pageUrl: string | null
  readonly login: Login | null
  /** The console has been built. */
  readonly hasConsole: boolean
  /** Of the console; null where none is needed. */
  readonly token: string | null
  readonly lines: readonly string[]
}

/** Runs until stopped, or until the command after `--` ends; returns the exit code. `isTty` says whether stdout is a terminal. */
export async function runStart(argv: readonly string[], terminal: Terminal, isTty: boolean = isatty(1)): Promise<number> {
  let options: StartArguments | 'help'
  try {
    options = readStartArguments(argv)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    return await fail(terminal, `Error: ${escapeControls(error.message)}\n${error.showUsage ? `\n${START_USAGE}` : ''}`)
  }
  if (options === 'help') {
    const { HELP } = await import('./help.ts')
    terminal.stdout.write(HELP)
    await terminal.stdout.flush()
    return 0
  }
  keepNewSpaceSmall()
  const log = new ProgramLog(terminal, { types: options.verbose ? ALL_LOG_TYPES : QUIET_LOG_TYPES, timestamps: true, destinations: [{ to: 'stderr' }] })
  const stopped = untilStopped(terminal, () => {}) // there is no configuration to read again
  const login = options.lan ? newLogin() : null
  let running: RunningBroker | null = null
  try {
    const hasHttp = options.command === null || options.isHttpPortGiven
    let welcome: Welcome | null = null
    const console = hasHttp ? await consoleOf(log, login, () => welcome) : null
    const listeners: BrokerListener[] = [{ port: options.port, ...(options.lan ? { host: null } : {}) }]
    if (console !== null) listeners.push(webSocketListener(options, console.server))
    const tls = options.devTlsPort === null ? null : await devTlsOf(options.devTlsPort, options.lan, terminal)
    if (tls !== null) listeners.push(tls.listener)
    running = await startBroker(
      {
        listeners,
        log: console?.server.log ?? log,
        looks: console === null ? [] : [console.server],
        verbose: options.verbose,
        ...(login === null
          ? {}
          : { authenticator: new StaticUsers({ users: [{ userName: login.userName, verifier: makeScramVerifier(login.password)! }], allowAnonymous: false }) }),
      },
      { firstPublish: inlineHotPath },
    )
    const tlsPort = tls === null ? null : running.ports.at(-1)!
    welcome = welcomeOf(
      terminal,
      running.port,
      hasHttp ? running.ports[1]! : null,
      login,
      tls === null ? null : { port: tlsPort!, authorityFile: tls.authorityFile },
      console,
    )
    if (options.command !== null) return await runBeside(options.command, environmentOf(welcome), terminal, stopped)
    terminal.stdout.write(options.json ? json(welcome) : picture(welcome, terminal, isTty))
    await stopped.signal
    return 0
  } catch (error) {
    if (!(error instanceof ListenError || error instanceof DevCertificatesError)) throw error
    await log.flush()
    return await fail(
      terminal,
      `Error: ${escapeControls(error instanceof ListenError ? error.sentence(PORT_FLAGS[error.place.transport] ?? '--port') : error.message)}\n`,
    )
  } finally {
    await running?.close()
    stopped.forget()
    await log.close()
  }
}

async function devTlsOf(port: number, lan: boolean, terminal: Terminal): Promise<DevTls> {
  return await (await import('./certs/dev-tls.ts')).devTls(terminal.env, { port, ...(lan ? { host: null } : {}) })
}

/** The console; in the network behind a token of this start, on this machine open, as MQTT is there. */
async function consoleOf(log: Log, login: Login | null, welcome: () => Welcome | null): Promise<OpenConsole> {
  const [{ AdminServer }, { ConsoleTokens }] = await Promise.all([import('../server/admin/admin-server.ts'), import('../server/admin/console-tokens.ts')])
  const tokens = login === null ? ConsoleTokens.none() : ConsoleTokens.forThisStart()
  const server = new AdminServer({
    log,
    tokens,
    trustsThisMachine: () => login === null,
    mqttLogin: login,
    configuration: async () => {
      const [{ parseConfiguration }, { explain }] = await Promise.all([import('../config/parse.ts'), import('../config/explain.ts')])
      return { files: [], sections: explain(parseConfiguration(new Uint8Array(0), '')).filter(({ kind }) => kind === 'broker') }
    },
    startPage: (request, response) => {
      const told = welcome()
      if (told === null) response.writeHead(503).end()
      else answerStartPage(pageFor(told, request.headers.host ?? ''), request, response)
    },
  })
  return { server, token: tokens.firstToken }
}

/** The browser's door: WebSockets from pages of this machine and from the origins given, a page for people. */
function webSocketListener(options: StartArguments, { onRequest, onUpgrade }: AdminServer): BrokerListener {
  const hosts = ['localhost', '127.0.0.1', '[::1]', ...(options.lan ? lanAddresses() : [])]
  const origins = options.origins.includes('*') ? null : [...hosts.flatMap((host) => [`http://${host}:*`, `https://${host}:*`]), ...options.origins]
  return {
    transport: 'ws',
    port: options.httpPort,
    ...(options.lan ? { host: null } : {}),
    websocket: {
      paths: ['/mqtt'],
      origins,
      onRequest,
      onUpgrade,
    },
  }
}

function welcomeOf(
  terminal: Terminal,
  port: number,
  httpPort: number | null,
  login: Login | null,
  tls: { readonly port: number; readonly authorityFile: string } | null,
  console: OpenConsole | null,
): Welcome {
  const hosts = login === null ? ['localhost'] : ['localhost', ...lanAddresses()]
  const command = ownCommand(terminal, terminal.env['INIT_CWD'] ?? process.cwd())
  const flags = `${port === 1883 ? '' : ` -p ${port}`}${login === null ? '' : ` -u ${login.userName} -P ${login.password}`}`
  return {
    version: packageVersion(),
    mqttUrls: hosts.map((host) => `mqtt://${host}:${port}`),
    webSocketUrls: httpPort === null ? [] : hosts.map((host) => `ws://${host}:${httpPort}/mqtt`),
    tls: tls === null ? null : { urls: hosts.map((host) => `mqtts://${host}:${tls.port}`), authorityFile: tls.authorityFile },
    pageUrl: httpPort === null ? null : `http://localhost:${httpPort}/`,
    login,
    hasConsole: console?.server.hasConsole === true,
    token: console?.token ?? null,
    lines: [`${command} sub${flags} -t "hello/#" -v`, `${command} pub${flags} -t hello/world -m "Ciao!"`],
  }
}

/** The page as seen from where it was asked for: by another machine under an address that it can reach. It never shows the password. */
function pageFor({ version, webSocketUrls, mqttUrls, lines, login }: Welcome, host: string): StartPageContent {
  const index = Math.max(0, webSocketUrls.indexOf(`ws://${host}/mqtt`))
  const away = index === 0 ? '' : ` -h ${new URL(mqttUrls[index]!).hostname}`
  const shown = login === null ? lines : lines.map((line) => line.replace(` -u ${login.userName} -P ${login.password}`, `${away} -u USER -P PASSWORD`))
  return { version, webSocketUrl: webSocketUrls[index]!, mqttUrl: mqttUrls[index]!, lines: shown }
}

function picture(welcome: Welcome, terminal: Terminal, isTty: boolean): string {
  const { bold, dim, accent } = coloursFor(terminal, isTty)
  const rows: string[] = ['']
  const row = (label: string, values: readonly string[]): void =>
    values.forEach((value, i) => void rows.push(`  ${dim((i === 0 ? label : '').padEnd(11))}${accent(value)}`))
  rows.push(`  ${bold(`zanzara ${welcome.version}`)}  ${dim('MQTT 3.1, 3.1.1 and 5.0')}`, '')
  row('MQTT', welcome.mqttUrls)
  row('WebSocket', welcome.webSocketUrls)
  if (welcome.tls !== null) {
    row('TLS', welcome.tls.urls)
    row('CA', [welcome.tls.authorityFile])
  }
  if (welcome.pageUrl !== null)
    row(welcome.hasConsole ? 'Console' : 'Page', [welcome.token === null ? welcome.pageUrl : `${welcome.pageUrl}#token=${welcome.token}`])
  if (welcome.login !== null) {
    row('User', [welcome.login.userName])
    row('Password', [welcome.login.password])
  }
  const who =
    welcome.login === null
      ? 'Only programs on this machine can connect; --lan opens it to your network, with a password.'
      : 'Your network can connect, with this user and password; they are new at each start.'
  rows.push(
    '',
    `  ${dim(who)}`,
    '',
    '  Paste these into two other terminals:',
    '',
    ...welcome.lines.map((line) => `    ${bold(line)}`),
    '',
    `  ${dim('Ctrl-C stops it. With -v it shows every packet.')}`,
    '',
    '',
  )
  return rows.join('\n')
}

function json({ version, mqttUrls, webSocketUrls, tls, pageUrl, login, token }: Welcome): string {
  const secure = tls === null ? {} : { mqtts: tls.urls, authorityFile: tls.authorityFile }
  return `${JSON.stringify({ version, mqtt: mqttUrls, webSocket: webSocketUrls, ...secure, page: pageUrl, consoleToken: token, userName: login?.userName ?? null, password: login?.password ?? null })}\n`
}

function environmentOf({ mqttUrls, webSocketUrls, tls, login }: Welcome): Record<string, string> {
  const user = login === null ? '' : `${login.userName}:${login.password}@`
  const url = mqttUrls[0]!.replace('mqtt://', `mqtt://${user}`)
  return {
    ZANZARA_URL: url,
    MQTT_URL: url,
    MQTT_HOST: new URL(url).hostname,
    MQTT_PORT: new URL(url).port,
    ...(webSocketUrls.length > 0 ? { ZANZARA_WS_URL: webSocketUrls[0]!.replace('ws://', `ws://${user}`) } : {}),
    ...(tls === null ? {} : { ZANZARA_TLS_URL: tls.urls[0]!.replace('mqtts://', `mqtts://${user}`), ZANZARA_CA_FILE: tls.authorityFile }),
  }
}

/** Letters and digits that nobody mistakes for one another when reading them aloud. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789'

function newLogin(): Login {
  const word = (length: number): string => Array.from({ length }, () => READABLE[randomInt(READABLE.length)]!).join('')
  return { userName: `lan-${word(4)}`, password: [word(4), word(4), word(4), word(4)].join('-') } // 79 bits
}

/** This machine's addresses in its networks, IPv4. */
function lanAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter((address) => address.family === 'IPv4' && !address.internal).map((address) => address.address),
  )
}

async function fail(terminal: Terminal, text: string): Promise<number> {
  terminal.stderr.write(text)
  await terminal.stderr.flush()
  return 1
}
