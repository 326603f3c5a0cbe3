// A message that was chosen in Topics or Messages is the packet that is chosen here: where its number is not known, it is looked for.
// The recorder counts packets only while they are its own; those of the broker's stream are found by what they carry.

import { useEffect } from 'preact/hooks'
import type { App } from '../../state/app.ts'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'

export function useMessageFrame(connection: Connection): void {
  const app = useApp()
  const { message, frame } = app.selection.value.value
  useEffect(() => {
    if (message !== null && frame === null && !connection.isFile) void select(app, connection.id, message)
  }, [connection, message, frame])
}

/** Does nothing when something else has been chosen meanwhile. */
async function select(app: App, connection: number, seq: number): Promise<void> {
  const message = await app.worker.call('message/get', { connection, seq, whole: false })
  if (message === null) return
  const { topic, size, time, isOut } = message
  const frame = message.frame ?? (await app.worker.call('packets/find', { connection, topic, size, time, fromClient: isOut }))
  const now = app.selection.value.peek()
  if (frame > 0 && now.message === seq && now.frame === null) app.selection.selectFrame(frame, topic, seq)
}
