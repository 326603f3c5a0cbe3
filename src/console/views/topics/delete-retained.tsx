// Asks before retained messages are deleted: how many, and which.
// The broker is told by an empty retained message to each topic [MQTT-3.3.1-6].

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { countText } from '../../parts/format.ts'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { TOPICS } from './topics-words.ts'

export interface DeleteRetainedProps {
  readonly connection: Connection
  readonly path: string
  readonly onClose: () => void
}

const NAMED = 20

export function DeleteRetained({ connection, path, onClose }: DeleteRetainedProps): JSX.Element {
  const app = useApp()
  const { deleting } = app.words(TOPICS)
  const [topics, setTopics] = useState<readonly string[] | null>(null)
  useEffect(() => {
    app.worker.call('topics/retained', { connection: connection.id, path }).then(setTopics, () => setTopics([]))
  }, [connection.id, path])
  const count = countText(topics?.length ?? 0, app.settings.language.value)
  const doIt = async (): Promise<void> => {
    onClose()
    await app.worker.call('topics/delete-retained', { connection: connection.id, topics: topics ?? [] })
  }
  return (
    <Dialog
      kind="panel"
      title={deleting.title}
      closeLabel={deleting.cancel}
      onClose={onClose}
      foot={
        <>
          <span class="spacer" />
          <Button label={deleting.cancel} onClick={onClose} />
          <Button label={deleting.doIt(count)} kind="danger" icon="trash" disabled={topics === null || topics.length === 0} onClick={doIt} />
        </>
      }
    >
      <div class="dialog-body scroll stack">
        {topics === null ? null : topics.length === 0 ? (
          <p>{deleting.none}</p>
        ) : (
          <>
            <p>{deleting.question(count, topics.length === 1)}</p>
            <ul class="delete-list">
              {topics.slice(0, NAMED).map((topic) => (
                <li key={topic}>
                  <code class="foreign">{visibleLine(topic)}</code>
                </li>
              ))}
              {topics.length > NAMED ? <li class="muted">{deleting.more(countText(topics.length - NAMED, app.settings.language.value))}</li> : null}
            </ul>
            <p class="muted">{deleting.how}</p>
          </>
        )}
      </div>
    </Dialog>
  )
}
