// Connecting out through a SOCKS5 proxy, which resolves the names (RFC 1928), with a user name and password if it asks (RFC 1929).
// The format is read and written here too: three short messages each way, before the connection is the caller's.

import { connect, isIP, type Socket } from 'node:net'
import type { Accept, Link } from '../base/link.ts'
import { UsageError } from '../wire/errors.ts'
import { parseIpv4, parseIpv6 } from '../wire/ip-address.ts'
import type { ProxyTarget, TcpTarget } from './dial.ts'
import { abandon, addressOptions, attempt, CONNECT_TIMEOUT_MS, type DialAddress } from './dial-attempt.ts'
import type { NetContext } from './net-context.ts'
import { describePeer } from './peer.ts'
import { StallAt } from './socket-link.ts'
import { openStream } from './stream-carrier.ts'

/** The proxy cannot be reached, or did not do what we asked; `code` is the system's code for the like. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: string

  constructor(message: string, code: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}

const VERSION = 5
const PASSWORD_VERSION = 1
const Method = { None: 0, Password: 2 } as const
const CONNECT = 1
const AddressType = { Ipv4: 1, Name: 3, Ipv6: 4 } as const
const PORT = 1080

/** RFC 1928, 6: what a proxy answers when it has not connected. */
const REPLIES: Readonly<Record<number, readonly [sentence: string, code: string]>> = {
  1: ['it has failed, and does not say why', 'EPROTO'],
  2: ['its rules do not allow it', 'EACCES'],
  3: ['the network is unreachable', 'ENETUNREACH'],
  4: ['the host is unreachable', 'EHOSTUNREACH'],
  5: ['the connection was refused', 'ECONNREFUSED'],
  6: ['the connection took too long', 'ETIMEDOUT'],
  7: ['it does not know the command', 'EOPNOTSUPP'],
  8: ['it does not know addresses of this kind', 'EAFNOSUPPORT'],
}

/** Connects a plain link through the proxy. */
export function dialTcpThrough(context: NetContext, target: TcpTarget, proxy: ProxyTarget, accept: Accept, signal: AbortSignal | undefined): Promise<Link> {
  return attempt(`${target.host}:${target.port}`, target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal, ({ succeed, fail }) =>
    connectThrough(proxy, target, fail, (socket) => succeed(() => openStream(context, socket, describePeer(socket, 'tcp'), StallAt.Dialled, accept))),
  )
}

/**
 * Begins to connect through the proxy; calls either `fail` or `ready`, whose socket is paused and nobody listens to. Returns how to give up until then.
 * @throws UsageError for what SOCKS cannot say
 */
export function connectThrough(proxy: ProxyTarget, target: DialAddress, fail: (error: Error) => void, ready: (socket: Socket) => void): () => void {
  const { host, localAddress } = target
  const where = addressOptions({ host: proxy.host, port: proxy.port ?? PORT, ...(localAddress === undefined ? {} : { localAddress }) })
  const name = `${where.host}:${where.port}`
  const dialogue = dialogueOf(proxy, name, `${host}:${target.port}`, requestOf(target))
  const socket = connect({ ...where, allowHalfOpen: true, noDelay: true, keepAlive: true })
  let isConnected = false
  const failed = (error: Error): void => {
    socket.off('readable', read)
    abandon(socket)
    fail(error)
  }
  const broken = (error: NodeJS.ErrnoException): void => {
    const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error
    const what = isConnected ? 'lost the connection to' : 'no connection to'
    failed(new ProxyError(`${what} the proxy ${name}: ${first.message}`, first.code ?? 'EPROTO', error))
  }
  const ended = (): void => failed(new ProxyError(`the proxy ${name} hung up while we talked to it: is it a SOCKS5 proxy?`, 'ECONNRESET'))
  /** Hands the dialogue exactly the bytes it asks for; what comes after the last of them is the connection's. */
  const read = (): void => {
    for (;;) {
      const bytes = socket.read(dialogue.wants) as Buffer | null
      if (bytes === null || bytes.length < dialogue.wants) return // the end is told by its own event
      const answer = dialogue.next(bytes)
      if (answer instanceof ProxyError) {
        failed(answer)
        return
      }
      if (answer !== null) socket.write(answer)
      if (dialogue.wants > 0) continue
      socket.off('readable', read)
      socket.off('error', broken)
      socket.off('end', ended)
      socket.on('error', () => {}) // its next owner may listen to what lies above it only
      ready(socket)
      return
    }
  }
  socket.on('error', broken)
  socket.on('end', ended)
  socket.on('readable', read)
  socket.once('connect', () => {
    isConnected = true
    socket.write(dialogue.greeting)
  })
  return () => {
    socket.off('readable', read)
    socket.off('end', ended)
    abandon(socket)
  }
}

/** What we say, and how many bytes of the proxy's answer make the next step; 0 = the proxy has connected. */
interface Dialogue {
  readonly greeting: Buffer
  readonly wants: number
  /** Takes `wants` bytes; returns what to send, nothing, or why it failed. */
  next(bytes: Buffer): Buffer | ProxyError | null
}

function dialogueOf(proxy: ProxyTarget, name: string, target: string, request: Buffer): Dialogue {
  const login = loginOf(proxy)
  const methods = login === null ? [Method.None] : [Method.None, Method.Password]
  const notSocks = (): ProxyError => new ProxyError(`the proxy ${name} does not speak SOCKS5`, 'EPROTO')
  const refused = (code: number): ProxyError => {
    const [sentence, systemCode] = REPLIES[code] ?? [`it answers with the unknown code ${code}`, 'EPROTO']
    return new ProxyError(`the proxy ${name} did not connect to ${target}: ${sentence}`, systemCode)
  }
  type Step = (bytes: Buffer) => Buffer | ProxyError | null
  const greeted: Step = ([version, method]) => {
    if (version !== VERSION) return notSocks()
    if (method === Method.None) {
      follow(4, replied)
      return request
    }
    if (method === Method.Password && login !== null) {
      follow(2, loggedIn)
      return login
    }
    const wish = login === null ? 'it wants a user name and password, or another way to log in' : 'it takes neither anonymous users nor passwords'
    return new ProxyError(`the proxy ${name} does not let us in: ${wish}`, 'EACCES')
  }
  const loggedIn: Step = ([version, status]) => {
    if (version !== PASSWORD_VERSION) return notSocks()
    if (status !== 0) return new ProxyError(`the proxy ${name} does not let us in: wrong user name or password`, 'EACCES')
    follow(4, replied)
    return request
  }
  const replied: Step = ([version, reply, , type]) => {
    if (version !== VERSION) return notSocks()
    if (reply !== 0) return refused(reply!)
    if (type === AddressType.Name) follow(1, named)
    else if (type === AddressType.Ipv4 || type === AddressType.Ipv6) follow(type === AddressType.Ipv4 ? 4 + 2 : 16 + 2, finished)
    else return notSocks()
    return null
  }
  const named: Step = ([length]) => {
    follow(length! + 2, finished)
    return null
  }
  const finished: Step = () => {
    follow(0, finished) // the address that the proxy connects from: of no use
    return null
  }
  let wants = 2
  let step = greeted
  const follow = (bytes: number, then: Step): void => {
    wants = bytes
    step = then
  }
  return {
    greeting: Buffer.from([VERSION, methods.length, ...methods]),
    get wants() {
      return wants
    },
    next: (bytes) => step(bytes),
  }
}

/** Null when there is nothing to log in with. */
function loginOf({ userName, password }: ProxyTarget): Buffer | null {
  if (userName === undefined) return null
  return Buffer.concat([Buffer.from([PASSWORD_VERSION]), counted(userName, "the proxy's user name"), counted(password ?? '', "the proxy's password")])
}

function requestOf({ host, port }: DialAddress): Buffer {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError(`port ${port}: give 0 to 65535`)
  const kind = isIP(host)
  const address =
    kind === 4
      ? [AddressType.Ipv4, ...parseIpv4(host)!]
      : kind === 6
        ? [AddressType.Ipv6, ...parseIpv6(host.split('%')[0]!)!]
        : [AddressType.Name, ...counted(host, 'the host name')]
  return Buffer.from([VERSION, CONNECT, 0, ...address, port >> 8, port & 0xff])
}

/** A length in one byte, and as many bytes. */
function counted(text: string, what: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length === 0 || bytes.length > 255) throw new UsageError(`${what} of ${bytes.length} bytes: SOCKS5 takes 1 to 255`)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
