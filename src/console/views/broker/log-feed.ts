// The broker's log as it is written, over a WebSocket of the admin API; what the broker remembers comes first.
// An interrupted one is opened again; lines that were there before are not shown twice.

import { useEffect, useState } from 'preact/hooks'
import type { LogLine } from '../../../server/admin/api-types.ts'
import { type LogFeed, withLines } from './log-lines.ts'

const AGAIN_MS = 2000
/** Milliseconds for which lines are gathered before the screen changes. */
const GATHER_MS = 100

export type LogLevel = 'error' | 'warning' | 'notice' | 'information' | 'debug'

const EMPTY: LogFeed = { lines: [], dropped: 0, isOpen: true }

/** `base`: that of the admin API; null = nothing is asked. */
export function useLog(base: string | null, level: LogLevel): LogFeed {
  const [feed, setFeed] = useState(EMPTY)
  useEffect(() => {
    setFeed(EMPTY)
    if (base === null) return
    let socket: WebSocket | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let gathering: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    let fresh: LogLine[] = []
    const take = (): void => {
      gathering = undefined
      const came = fresh
      fresh = []
      setFeed((before) => withLines(before, came))
    }
    const open = (): void => {
      const url = new URL(`${base}/log/stream?level=${level}`, location.href)
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
      socket = new WebSocket(url)
      socket.onopen = () => setFeed((before) => ({ ...before, isOpen: true }))
      socket.onmessage = ({ data }) => {
        fresh.push(...(JSON.parse(String(data)) as LogLine[]))
        gathering ??= setTimeout(take, GATHER_MS)
      }
      socket.onclose = () => {
        if (isGone) return
        setFeed((before) => ({ ...before, isOpen: false }))
        timer = setTimeout(open, AGAIN_MS)
      }
    }
    open()
    return () => {
      isGone = true
      clearTimeout(timer)
      clearTimeout(gathering)
      socket?.close()
    }
  }, [base, level])
  return feed
}
