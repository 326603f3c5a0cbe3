// A listener that cannot listen, in one sentence: what, where, why, and what to do.
// Wraps the system's error; the command that started the broker prints it and ends with code 1.

/** Where a listener was to be. */
export interface Place {
  readonly transport: string
  /** Null = all addresses. */
  readonly host: string | null
  readonly port: number
  /** The file of a Unix socket. */
  readonly path: string | null
}

export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** The system's code, such as EADDRINUSE; empty when it has none. */
  readonly code: string
  readonly place: Place
  readonly #reason: string

  constructor(place: Place, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | null)?.code ?? ''
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(sentence(place, code, reason, ''), { cause })
    this.code = code
    this.place = place
    this.#reason = reason
  }

  /** True when this machine has no such address, as ::1 on a machine without IPv6. */
  get isMissingAddress(): boolean {
    return this.code === 'EADDRNOTAVAIL' || this.code === 'EAFNOSUPPORT'
  }

  /** The message, with the flag by which another port is chosen, such as `-p`. */
  sentence(flag: string): string {
    return sentence(this.place, this.code, this.#reason, ` with ${flag}`)
  }
}

function sentence({ transport, host, port, path }: Place, code: string, reason: string, withFlag: string): string {
  if (path !== null) {
    if (code === 'EADDRINUSE')
      return `Address already in use: another program listens on the socket ${path}, or it is no socket; stop it or choose another path.`
    return `Cannot listen on the socket ${path}: ${reason}.`
  }
  const where = host === null ? `port ${port}` : `port ${port} of ${host}`
  switch (code) {
    case 'EADDRINUSE':
      return `Address already in use: ${where} is taken${usualSuspect(transport)}; stop it or choose another port${withFlag}.`
    case 'EACCES':
      return `Permission denied: ${where} is for privileged programs; choose a port above 1023${withFlag}.`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return `Cannot assign requested address: ${host ?? 'this address'} is not one of this machine's; choose one that is.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Name or service not known: ${host} is no address of this machine.`
    default:
      return `Cannot listen on ${where}: ${reason}.`
  }
}

function usualSuspect(transport: string): string {
  return transport === 'ws' || transport === 'wss' ? ' by another program' : ', probably by another broker such as mosquitto'
}
