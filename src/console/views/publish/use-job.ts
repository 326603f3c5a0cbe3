// One publication after the other: sends a draft, follows how far it is, can stop it.
// The Worker may tell of progress before it has told the number of the job.

import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import type { Draft, PublishProgress } from '../../worker/protocol.ts'

export interface Job {
  /** Of the last draft; null = nothing was told yet. */
  readonly progress: PublishProgress | null
  readonly isRunning: boolean
  /** It could not even begin: why. */
  readonly failure: string | null
  readonly send: (draft: Draft) => void
  readonly stop: () => void
}

export function useJob(connection: Connection): Job {
  const app = useApp()
  const [job, setJob] = useState<number | null>(null)
  const [isAsked, setAsked] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const [, redraw] = useState(0)
  const told = useRef(new Map<number, PublishProgress>())
  useEffect(
    () =>
      app.worker.on('publish/progress', (progress) => {
        if (progress.connection !== connection.id) return
        told.current.set(progress.job, progress)
        redraw((n) => n + 1)
      }),
    [connection.id],
  )
  const progress = job === null ? null : (told.current.get(job) ?? null)
  const send = (draft: Draft): void => {
    setAsked(true)
    setFailure(null)
    app.worker.call('publish/send', { connection: connection.id, draft }).then(
      (number) => {
        for (const old of told.current.keys()) if (old < number) told.current.delete(old)
        setJob(number)
        setAsked(false)
      },
      (error: Error) => {
        setFailure(error.message)
        setAsked(false)
      },
    )
  }
  const stop = (): void => {
    if (job !== null) app.worker.call('publish/stop', { connection: connection.id, job }).catch(() => {})
  }
  return { progress, isRunning: isAsked || (job !== null && progress?.isOver !== true), failure, send, stop }
}
