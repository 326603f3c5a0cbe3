// The page's own broker as its administrator sees it: whether there is one, who we are there, logging in with a token and out again.
// The cookie is the browser's: the page never sees it, and never keeps the token.

import { type Signal, signal } from '@preact/signals'
import type { Role, SessionAnswer } from '../../server/admin/api-types.ts'

/** Base of the admin API, on the host of the page. */
export const ADMIN = '/admin/v1'

/** What is used of the browser's fetch. */
export type Fetch = (
  path: string,
  options: { readonly method?: 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Answer>

interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  json(): Promise<unknown>
}

export type LoginResult = 'ok' | 'wrong' | 'too-often' | 'failed'

const JSON_TYPE = 'application/json'

export class AdminSession {
  /** Null = the page does not come from a broker of ours. */
  readonly session: Signal<SessionAnswer | null> = signal(null)
  readonly #fetch: Fetch

  constructor(fetch: Fetch) {
    this.#fetch = fetch
  }

  /** What we may do there; null = nothing (yet). */
  get role(): Role | null {
    return this.session.value?.role ?? null
  }

  /** Asks the page's own host, and nobody else. */
  async begin(): Promise<SessionAnswer | null> {
    try {
      const answer = await this.#fetch(`${ADMIN}/session`, { headers: { accept: JSON_TYPE } })
      const isOurs = answer.ok && (answer.headers.get('content-type') ?? '').includes('json')
      this.session.value = isOurs ? ((await answer.json()) as SessionAnswer) : null
    } catch {
      this.session.value = null
    }
    return this.session.value
  }

  async login(token: string): Promise<LoginResult> {
    try {
      const answer = await this.#post('login', { token })
      if (answer.ok) {
        this.session.value = (await answer.json()) as SessionAnswer
        return 'ok'
      }
      return answer.status === 429 ? 'too-often' : answer.status === 401 ? 'wrong' : 'failed'
    } catch {
      return 'failed'
    }
  }

  async logout(): Promise<void> {
    await this.#post('logout', {})
    await this.begin()
  }

  #post(name: string, body: unknown): Promise<Answer> {
    return this.#fetch(`${ADMIN}/${name}`, { method: 'POST', headers: { 'content-type': JSON_TYPE, accept: JSON_TYPE }, body: JSON.stringify(body) })
  }
}

/** The token of a first link, `#token=…`; null = the hash is another one. */
export function tokenOf(hash: string): string | null {
  return /^#token=([\w.~-]{8,200})$/.exec(hash)?.[1] ?? null
}
