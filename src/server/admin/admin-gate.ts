// Who may ask the console's API, by HTTP and by WebSocket alike: the site a request comes from, and who asks.
// The rules are request-rules.ts' and logins.ts'; here they become refusals.

import { ApiError } from './api-error.ts'
import type { Role } from './api-types.ts'
import { includesRole } from './console-tokens.ts'
import { COOKIE, type Credentials, type Identity, type Logins } from './logins.ts'
import { type RequestOrigin, refusalOf } from './request-rules.ts'

export const TOO_OFTEN = 'Too many failed logins from this address: wait a minute.'

interface HeaderSource {
  get(name: string): string | null
}

export class AdminGate {
  readonly logins: Logins
  readonly #hostNames: ReadonlySet<string>

  /** `hostNames`: those, beside addresses and localhost, by which this machine may be asked. */
  constructor(logins: Logins, hostNames: ReadonlySet<string>) {
    this.logins = logins
    this.#hostNames = hostNames
  }

  /** Who asks for something that needs `role`. @throws ApiError 401, 403, 429 */
  identify(credentials: Credentials, role: Role): Identity {
    const identity = this.logins.identify(credentials)
    if (identity === 'too-often') throw new ApiError(429, TOO_OFTEN)
    if (identity === null) throw new ApiError(401, 'A login is needed.')
    if (!includesRole(identity.role, role)) throw new ApiError(403, `This needs the role ${role}; yours is ${identity.role}.`)
    return identity
  }

  /** @throws ApiError 403 for pages of other sites and names that are not ours */
  checkOrigin(request: RequestOrigin): void {
    const refusal = refusalOf(request, this.#hostNames)
    if (refusal !== null) throw new ApiError(403, refusal)
  }
}

export function credentialsFrom(address: string, headers: HeaderSource): Credentials {
  const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;\\s]*)`).exec(headers.get('cookie') ?? '')?.[1] ?? null
  return { address, headers, cookie }
}
