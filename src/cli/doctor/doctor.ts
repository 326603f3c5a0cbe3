// `zanzara doctor`: why can nobody connect? Looks at the configuration, its files, the ports and the machine, and knocks at the door.
// Each look is a file of this folder; here is their order, and which of them there is reason for.

import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { devAuthorityFile } from '../../certs/dev-folder.ts'
import { ownHosts } from '../../certs/host-names.ts'
import { escapeControls } from '../../server/log-destinations.ts'
import { plural } from '../certs/inspect.ts'
import { coloursFor } from '../colours.ts'
import { ownCommand } from '../own-command.ts'
import type { Terminal } from '../terminal.ts'
import { accountNamed, accountOf, groupName, ownAccount, userName } from './accounts.ts'
import { checkCertificates } from './certificate-checks.ts'
import { type ConfigurationView, type ListenerView, place, viewConfiguration } from './configuration-view.ts'
import { canLogIn, checkAddresses, checkDoor } from './connect-checks.ts'
import { DOCTOR_HELP, type DoctorArguments, readDoctorArguments } from './doctor-arguments.ts'
import { checkAclFile, checkPasswordFile, checkPskFile, type Reader } from './file-checks.ts'
import { Findings, findingsJson, findingsText } from './findings.ts'
import { type ListeningProcess, type ListeningSocket, listeningOn } from './listening-sockets.ts'
import { checkFirewall, checkSystem, isLoopback } from './system-checks.ts'
import type { Door } from './try-connect.ts'

const DoctorExitCode = { Fine: 0, Broken: 1, Usage: 2 } as const

/** Runs the command; returns its exit code. `now` in milliseconds since 1970; `isTty` says whether stdout is a terminal. */
export async function runDoctor(argv: readonly string[], terminal: Terminal, now: number = Date.now(), isTty: boolean = isatty(1)): Promise<number> {
  const asked = readDoctorArguments(argv)
  let code: number = DoctorExitCode.Fine
  if (asked === 'help') terminal.stdout.write(DOCTOR_HELP)
  else if (typeof asked === 'string') {
    terminal.stderr.write(`Error: ${escapeControls(asked)}\n\nUse 'zanzara doctor --help' to see usage.\n`)
    code = DoctorExitCode.Usage
  } else {
    const findings = new Findings()
    await new Visit(asked, terminal, now, findings).make()
    terminal.stdout.write(asked.json ? findingsJson(findings.list) : findingsText(findings.list, coloursFor(terminal, isTty)))
    if (findings.isBroken) code = DoctorExitCode.Broken
  }
  await terminal.stdout.flush()
  await terminal.stderr.flush()
  return code
}

class Visit {
  readonly #asked: DoctorArguments
  readonly #terminal: Terminal
  readonly #now: number
  readonly #findings: Findings

  constructor(asked: DoctorArguments, terminal: Terminal, now: number, findings: Findings) {
    this.#asked = asked
    this.#terminal = terminal
    this.#now = now
    this.#findings = findings
  }

  async make(): Promise<void> {
    const { configFile, host, port } = this.#asked
    const isHere = configFile !== null || host === null || isLoopback(host) || ownHosts().includes(host.toLowerCase())
    if (!isHere) {
      await this.#knockUnknown(host, port, null, false)
      return
    }
    const view = viewConfiguration(configFile, port ?? (this.#wantsTls(null) ? 8883 : 1883))
    const socketsOf = new Map(view.listeners.map((listener) => [listener, listener.unixPath === null ? listeningOn(listener.port) : null]))
    const broker = [...socketsOf.values()].flatMap((sockets) => sockets ?? []).find(({ process }) => process !== null)?.process ?? null
    if (view.file !== null) this.#checkConfiguration(view, broker)
    if (view.fault !== null) return
    for (const [listener, sockets] of socketsOf) {
      if (port !== null && listener.port !== port) continue
      if (view.file === null) await this.#knockUnknown(host, listener.port, sockets, true)
      else await this.#knockListener(listener, view, sockets)
    }
    checkSystem(broker?.pid ?? null, this.#now, this.#findings)
    if (view.file !== null) checkFirewall(view.listeners, this.#findings)
  }

  #checkConfiguration(view: ConfigurationView, broker: ListeningProcess | null): void {
    const { file, fault, listeners } = view
    const findings = this.#findings
    if (fault !== null)
      findings.broken('configuration', `the configuration cannot be used: ${fault.text}`, ...(fault.where === null ? [] : [`mend the line at ${fault.where}`]))
    else findings.fine('configuration', `${file} can be read: ${plural(listeners.length, 'listener')}`)
    if (fault !== null) return
    const reader = readerOf(view, broker)
    const seen = new Set<string>()
    const once = (setting: ListenerView['passwordFile'], check: (setting: NonNullable<ListenerView['passwordFile']>) => void): void => {
      if (setting === null || seen.has(setting.value)) return
      seen.add(setting.value)
      check(setting)
    }
    this.#checkAccess(listeners)
    for (const listener of listeners) {
      once(listener.passwordFile, (setting) => checkPasswordFile(setting, reader, findings))
      once(listener.aclFile, (setting) => checkAclFile(setting, reader, findings))
      once(listener.pskFile, (setting) => checkPskFile(setting, reader, findings))
      once(listener.certfile ?? listener.keyfile, () => checkCertificates(listener, this.#asked.host, this.#now, reader, findings))
    }
  }

  /** Who may come in, as the configuration says; once for all listeners of which the same line says so. */
  #checkAccess(listeners: readonly ListenerView[]): void {
    const findings = this.#findings
    for (const { at, port } of listeners.filter((listener) => isLoopback(listener.host))) {
      const where = at === null ? 'no listener is configured, so' : `${place(at)}:`
      findings.look('listener', `${where} port ${port} is open to this machine only; no other can connect`, `listener ${port}`)
    }
    const shut = listeners.filter((listener) => !listener.allowsAnonymous && !canLogIn(listener))
    for (const [said, names] of byLine(shut, 'with a listener, allow_anonymous is false unless said otherwise'))
      findings.broken(
        'login',
        `${names}: nobody can log in: ${said}, and there is no password_file`,
        'allow_anonymous true   (lets everybody in)',
        'password_file FILE     (made by: zanzara passwd -c FILE NAME)',
      )
    const open = listeners.filter(
      ({ allowsAnonymous, unixPath, host, aclFile, requiresCertificate }) =>
        allowsAnonymous && unixPath === null && !isLoopback(host) && aclFile === null && !requiresCertificate,
    )
    for (const [said, names] of byLine(open, 'no allow_anonymous'))
      findings.look(
        'login',
        `${names}: everybody in the network may connect, publish and subscribe to everything: ${said}`,
        'allow_anonymous false',
        'password_file FILE   (made by: zanzara passwd -c FILE NAME)',
      )
  }

  async #knockListener(listener: ListenerView, view: ConfigurationView, sockets: readonly ListeningSocket[] | null): Promise<void> {
    const { unixPath, host, port, isWebSocket, certfile, keyfile } = listener
    this.#tellSockets(port, sockets)
    if (sockets !== null) checkAddresses(listener, sockets, this.#findings)
    const isSecure = certfile !== null && keyfile !== null
    const transport = unixPath !== null ? 'unix' : isWebSocket ? (isSecure ? 'wss' : 'ws') : isSecure ? 'tls' : 'tcp'
    const near = host === null || host === 'loopback' || host === '0.0.0.0' ? (listener.family === 'ipv6' ? '::1' : '127.0.0.1') : host === '::' ? '::1' : host
    // The certificate was judged by its file already, and by the names that clients use.
    const door: Door = { transport, host: this.#asked.host ?? near, port, path: unixPath, tls: { ...this.#tlsFiles(), rejectUnauthorized: false } }
    await checkDoor(door, { ...this.#context(true), listener, sockets, startLine: `${this.#command()} broker -c ${view.file ?? ''}` }, this.#findings)
  }

  /** A broker whose configuration we do not have. */
  async #knockUnknown(host: string | null, port: number | null, sockets: readonly ListeningSocket[] | null, isThisMachine: boolean): Promise<void> {
    const isSecure = this.#wantsTls(port)
    const where = port ?? (isSecure ? 8883 : 1883)
    this.#tellSockets(where, sockets)
    const own = sockets?.find(({ process }) => process !== null)?.process ?? null
    if (own?.configFile != null && this.#asked.configFile === null)
      this.#findings.look('configuration', `it was started with ${own.configFile}, which was not looked into`, `${this.#command()} doctor -c ${own.configFile}`)
    const name = host ?? (isSecure ? 'localhost' : '127.0.0.1')
    const door: Door = { transport: isSecure ? 'tls' : 'tcp', host: name, port: where, path: null, tls: this.#tlsFiles() }
    await checkDoor(door, { ...this.#context(isThisMachine), listener: null, sockets, startLine: this.#command() }, this.#findings)
    if (sockets !== null && sockets.length > 0 && sockets.every(({ address }) => isLoopback(address)))
      this.#findings.look(
        'listener',
        `port ${where} is open to this machine only; no other can connect`,
        `${this.#command()} --lan`,
        `listener ${where}   (in its configuration)`,
      )
  }

  #tellSockets(port: number, sockets: readonly ListeningSocket[] | null): void {
    if (sockets === null || sockets.length === 0) return
    const who = sockets.find(({ process }) => process !== null)?.process ?? null
    const name = who === null ? 'a program of another user (with sudo its name is seen)' : `${who.name} (process ${who.pid})`
    this.#findings.fine('listener', `port ${port}: ${name} listens at ${[...new Set(sockets.map(({ address }) => address))].join(' and ')}`)
  }

  #context(isThisMachine: boolean): { isThisMachine: boolean; login: { userName: string | null; password: string | null }; hasClientCertificate: boolean } {
    const { userName: name, password, cert } = this.#asked
    return { isThisMachine, login: { userName: name, password }, hasClientCertificate: cert !== null }
  }

  #wantsTls(port: number | null): boolean {
    const { cafile, isDevTls } = this.#asked
    return cafile !== null || isDevTls || (port ?? this.#asked.port) === 8883
  }

  /** The files of --cafile, --tls dev, --cert and --key; what cannot be read is told. */
  #tlsFiles(): Door['tls'] {
    const { cafile, isDevTls, cert, key } = this.#asked
    const ca = cafile ?? (isDevTls ? devAuthorityFile(this.#terminal.env) : null)
    const pem = (path: string | null): Buffer | null => {
      if (path === null) return null
      try {
        return readFileSync(path)
      } catch (error) {
        this.#findings.broken(
          'certificate',
          `${path} cannot be read: ${(error as Error).message}`,
          ...(path === ca && isDevTls ? [`${this.#command()} certs dev`] : []),
        )
        return null
      }
    }
    const [caPem, certPem, keyPem] = [pem(ca), pem(cert), pem(key)]
    return { ...(caPem === null ? {} : { ca: caPem }), ...(certPem === null || keyPem === null ? {} : { cert: certPem, key: keyPem }) }
  }

  #command(): string {
    return ownCommand(this.#terminal, process.cwd())
  }
}

/** Listeners by what says that they let everybody in or nobody: their names, and FILE:LINE with its words. */
function byLine(listeners: readonly ListenerView[], unsaid: string): Map<string, string> {
  const groups = new Map<string, string>()
  for (const { anonymousAt, port, unixPath } of listeners) {
    const said = anonymousAt === null ? unsaid : `${place(anonymousAt)} says ${anonymousAt.name} ${anonymousAt.value}`
    const name = unixPath === null ? `port ${port}` : `the socket ${unixPath}`
    groups.set(said, groups.has(said) ? `${groups.get(said)!}, ${name}` : name)
  }
  return groups
}

/** Who must be able to read the files: the broker that runs, the user it would become, or whoever asks. */
function readerOf({ user }: ConfigurationView, broker: ListeningProcess | null): Reader {
  const running = broker === null ? null : accountOf(broker.pid)
  if (running !== null) return { account: running, name: `the broker (user ${userName(running.uid)})`, group: groupName(running.groups[0]!) }
  const own = ownAccount()
  const next = own.uid === 0 ? (user ?? 'mosquitto') : null
  const account = next === null || next === 'root' ? null : accountNamed(next)
  if (account !== null) return { account, name: `the broker (user ${next!})`, group: groupName(account.groups[0]!) }
  return { account: own, name: 'you', group: null }
}
