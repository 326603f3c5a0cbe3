// What a broker's answer at the door means, in words, with the line that would change it.
// The knocking is try-connect.ts'; what the configuration says comes as a view, null where it is not known.

import { lookup } from 'node:dns/promises'
import { type ListenerView, place } from './configuration-view.ts'
import type { Findings } from './findings.ts'
import type { ListeningSocket } from './listening-sockets.ts'
import { hasIpv6, isLoopback } from './system-checks.ts'
import { type Answer, type Door, knock, type Login } from './try-connect.ts'

/** What is known about the door beside the door itself. */
export interface DoorContext {
  /** Null when its configuration is not known: another machine's broker, or one started we know not how. */
  readonly listener: ListenerView | null
  /** Who listens on this port of this machine; null = not known, or another machine. */
  readonly sockets: readonly ListeningSocket[] | null
  readonly isThisMachine: boolean
  /** How this broker would be started. */
  readonly startLine: string
  readonly login: Login
  readonly hasClientCertificate: boolean
}

const VERSIONS = [
  [4, '3.1.1'],
  [5, '5.0'],
] as const

/** Tries both versions and tells what came back. */
export async function checkDoor(door: Door, context: DoorContext, findings: Findings): Promise<void> {
  const groups = new Map<string, { readonly answer: Answer; readonly versions: string[] }>()
  for (const [version, name] of VERSIONS) {
    let answer = await knock(door, version, context.login)
    if (answer.kind === 'tls' && answer.isCertificate) {
      findings.broken(
        'certificate',
        `the certificate of ${nameOf(door)} is not accepted: ${answer.text}`,
        '--cafile FILE, with the authority that issued it; at the broker: zanzara certs dev',
      )
      answer = await knock({ ...door, tls: { ...door.tls, rejectUnauthorized: false } }, version, context.login)
    }
    const key = JSON.stringify(answer)
    groups.set(key, { answer, versions: [...(groups.get(key)?.versions ?? []), name] })
    if (answer.kind === 'unreachable') break
  }
  for (const { answer, versions } of groups.values()) await tell(answer, `MQTT ${versions.join(' and ')}`, door, context, findings)
  const isOpen = [...groups.values()].some(({ answer }) => answer.kind === 'accepted' || answer.kind === 'refused')
  if (isOpen && context.isThisMachine && door.host === '127.0.0.1') await checkIpv6(door, context, findings)
}

async function tell(answer: Answer, versions: string, door: Door, context: DoorContext, findings: Findings): Promise<void> {
  const where = nameOf(door)
  switch (answer.kind) {
    case 'accepted':
      findings.fine('connect', `${where} takes ${versions}${context.login.userName === null ? ', without a password' : ` from ${context.login.userName}`}`)
      return
    case 'refused':
      tellRefusal(answer.reason, answer.text, versions, where, context, findings)
      return
    case 'unreachable':
      tellUnreachable(answer.code, answer.text, door, context, findings)
      return
    case 'tls':
      if (wantsCertificate(context)) findings.look('connect', `${where} wants a client certificate, as configured`, 'zanzara doctor … --cert FILE --key FILE')
      else findings.broken('connect', `no TLS with ${where}: ${answer.text}`, 'without --cafile and --tls, if it is a listener without certificates')
      return
    case 'silent':
      if (wantsCertificate(context)) findings.look('connect', `${where} wants a client certificate, as configured`, 'zanzara doctor … --cert FILE --key FILE')
      else await tellSilent(answer.text, door, context, findings)
      return
  }
}

function wantsCertificate({ listener, hasClientCertificate }: DoorContext): boolean {
  return listener?.requiresCertificate === true && !hasClientCertificate
}

/** Reason Codes of MQTT 5.0. */
const BAD_LOGIN = 0x86
const NOT_AUTHORISED = 0x87
const UNSUPPORTED_VERSION = 0x84

function tellRefusal(reason: number, text: string, versions: string, where: string, context: DoorContext, findings: Findings): void {
  const { listener, login } = context
  const answer = `${where} answers ${versions} with "${text}"`
  if (reason === UNSUPPORTED_VERSION) {
    findings.look('connect', answer, 'accept_protocol_versions 3,4,5')
    return
  }
  if (reason !== BAD_LOGIN && reason !== NOT_AUTHORISED) {
    findings.broken('connect', answer)
    return
  }
  if (login.userName !== null) {
    const file = listener?.passwordFile?.value ?? 'PASSWORD_FILE'
    findings.broken('login', `${answer}: it does not know ${login.userName} with this password`, `zanzara passwd ${file} ${login.userName}`)
  } else if (listener === null) {
    findings.look(
      'login',
      `${answer}: it wants a user name and a password`,
      'zanzara doctor … -u NAME -P PASSWORD',
      'allow_anonymous true   (in its configuration, for everybody)',
    )
  } else if (listener.allowsAnonymous) {
    findings.broken('login', `${answer}, though ${said(listener)} lets everybody in: it was started with another configuration`, 'start it anew')
  } else if (canLogIn(listener)) {
    findings.fine('login', `${answer}: it wants a user name and a password, as configured; try one with -u NAME -P PASSWORD`)
  } else findings.broken('login', `${answer}: nobody can log in, see above`)
}

function said({ anonymousAt }: ListenerView): string {
  return anonymousAt === null ? 'a configuration without listeners' : place(anonymousAt)
}

/** Whether there is any way in beside that of everybody. */
export function canLogIn({ passwordFile, hasPlugin, namesByIdentity }: ListenerView): boolean {
  return passwordFile !== null || hasPlugin || namesByIdentity
}

function tellUnreachable(code: string, text: string, door: Door, context: DoorContext, findings: Findings): void {
  const { isThisMachine, sockets, startLine } = context
  const where = nameOf(door)
  const broken = (sentence: string, ...mend: readonly string[]): void => findings.broken('connect', sentence, ...mend)
  switch (code) {
    case 'ECONNREFUSED': {
      const elsewhere = (sockets ?? []).map(({ address }) => address).join(', ')
      if (!isThisMachine)
        broken(
          `${where} refuses connections: no broker runs there, or it listens for its own machine only`,
          `listener ${door.port}   (in its configuration)`,
          'zanzara doctor   (on that machine)',
        )
      else if (elsewhere === '') broken(`nothing listens at ${where}: the broker does not run, or was started with another configuration`, startLine)
      else broken(`nothing listens at ${where}; on port ${door.port} somebody listens at ${elsewhere} only`, `listener ${door.port}`)
      return
    }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      broken(`the name ${door.host} is not known here`, 'an address in place of the name, or the name in /etc/hosts')
      return
    case 'ETIMEDOUT':
      broken(
        `no answer from ${where}: it is switched off, or a firewall on the way swallows the packets`,
        `sudo ufw allow ${door.port}/tcp   (there, if it uses ufw)`,
      )
      return
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      broken(`there is no way to ${where}: another network, or a firewall that says so (${text})`)
      return
    case 'ENOENT':
      broken(`there is no socket ${door.path ?? ''}: the broker does not run, or was started with another configuration`, startLine)
      return
    case 'EACCES':
      broken(`the socket ${door.path ?? ''} is closed to you`, `sudo chmod o+rw ${door.path ?? ''}`)
      return
    default:
      broken(`no connection to ${where}: ${text}`)
  }
}

async function tellSilent(text: string, door: Door, { sockets, login }: DoorContext, findings: Findings): Promise<void> {
  const where = nameOf(door)
  const who = sockets?.find(({ process }) => process !== null)?.process ?? null
  const somebody = who === null ? 'somebody' : `${who.name} (process ${who.pid})`
  if (door.transport === 'tcp') {
    const secure = await knock({ ...door, transport: 'tls', tls: { rejectUnauthorized: false } }, 4, login)
    if (secure.kind === 'accepted' || secure.kind === 'refused') {
      findings.broken('connect', `${where} expects TLS`, `--cafile FILE, or --tls dev for a broker started so   (for every client, and for this command)`)
      return
    }
  }
  findings.broken(
    'connect',
    `${somebody} listens at ${where}, but does not speak MQTT: ${text}`,
    `listener ${door.port === 1883 ? 1884 : 1883}   (another port for the broker)`,
  )
}

/** Programs that connect to `localhost` may try ::1 first. */
async function checkIpv6(door: Door, { listener, login }: DoorContext, findings: Findings): Promise<void> {
  if (!hasIpv6() || listener?.family === 'ipv4' || (listener !== null && listener.host !== null && listener.host !== 'loopback')) return
  const addresses = await lookup('localhost', { all: true }).catch(() => [])
  if (!addresses.some(({ address }) => address === '::1')) return
  const answer = await knock({ ...door, host: '::1' }, 4, login)
  if (answer.kind === 'unreachable')
    findings.look(
      'connect',
      `localhost also means ::1 here, and nothing listens there: some clients try it first`,
      `listener ${door.port} ::1   (one more)`,
      'or tell those clients 127.0.0.1',
    )
}

/** Whether the addresses in use are what the configuration says. */
export function checkAddresses(listener: ListenerView, sockets: readonly ListeningSocket[], findings: Findings): void {
  if (listener.host !== null || listener.unixPath !== null || sockets.length === 0) return
  if (sockets.every(({ address }) => isLoopback(address)))
    findings.broken(
      'listener',
      `port ${listener.port} is open at ${sockets.map(({ address }) => address).join(' and ')} only, not at all addresses: the broker was started with another configuration`,
      'start it anew',
    )
}

export function nameOf({ transport, host, port, path }: Door): string {
  return transport === 'unix' ? `the socket ${path ?? ''}` : `port ${port} of ${host}`
}
