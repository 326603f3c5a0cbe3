// The admin API of the broker that serves this page: questions, actions, and answers that are kept up to date while a component shows them.
// What the answers hold: server/admin/api-types.ts.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { ErrorAnswer } from '../../server/admin/api-types.ts'

/** The broker's refusal, in its words; status 0 = it did not answer. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Values of a query; null and undefined are left out. */
export type Query = Readonly<Record<string, string | number | null | undefined>>

/** `clients?limit=20`, each value encoded. */
export function pathWith(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

/** A value of a path's query; null when there is none. */
export function queryValue(path: string | null, name: string): string | null {
  return new URLSearchParams(path?.split('?')[1] ?? '').get(name)
}

/** @throws AdminError */
export function askAdmin<T>(base: string, path: string, signal?: AbortSignal): Promise<T> {
  return answerOf<T>(`${base}/${path}`, { headers: { accept: 'application/json' }, ...(signal === undefined ? {} : { signal }) })
}

/** @throws AdminError */
export function tellAdmin<T>(base: string, path: string, body: object): Promise<T> {
  return answerOf<T>(`${base}/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

export interface Watched<T> {
  /** The last answer, also of an earlier question; null before the first. */
  readonly answer: T | null
  /** The path that it answers. */
  readonly of: string | null
  /** Why there is no newer one; null = there is. */
  readonly problem: AdminError | null
  /** Asks again at once. */
  readonly ask: () => void
}

/** Asks now, and every so many milliseconds while the page is looked at; null = only once. A null `path` asks nothing. */
export function useAdmin<T>(base: string | null, path: string | null, everyMs: number | null): Watched<T> {
  const [state, setState] = useState<Omit<Watched<T>, 'ask'>>({ answer: null, of: null, problem: null })
  const again = useRef(() => {})
  useEffect(() => {
    if (base === null || path === null) return
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      clearTimeout(timer)
      try {
        if (!document.hidden) {
          const answer = await askAdmin<T>(base, path, stop.signal)
          if (!stop.signal.aborted) setState({ answer, of: path, problem: null })
        }
      } catch (error) {
        if (stop.signal.aborted) return
        const problem = error instanceof AdminError ? error : new AdminError(0, String(error))
        setState((before) => ({ ...before, problem }))
      }
      if (everyMs !== null && !stop.signal.aborted) timer = setTimeout(ask, everyMs)
    }
    again.current = () => void ask()
    void ask()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [base, path, everyMs])
  return { ...state, ask: () => again.current() }
}

async function answerOf<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch {
    throw new AdminError(0, '')
  }
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
  const body: unknown = isJson ? await response.json() : null
  if (!response.ok) throw new AdminError(response.status, isJson ? (body as ErrorAnswer).error : response.statusText)
  return body as T
}
