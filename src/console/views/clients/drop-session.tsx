// Asks before a session is dropped: whose, and what goes with it.
// There is no way back.

import type { JSX } from 'preact'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ClientsWords } from './clients-words.ts'

export interface DropSessionProps {
  readonly id: string
  readonly subscriptions: string
  readonly queued: string
  readonly words: ClientsWords
  readonly onClose: () => void
  readonly onDrop: () => void
}

export function DropSession({ id, subscriptions, queued, words: { dropping }, onClose, onDrop }: DropSessionProps): JSX.Element {
  const drop = (): void => {
    onClose()
    onDrop()
  }
  return (
    <Dialog
      kind="panel"
      title={dropping.title}
      closeLabel={dropping.cancel}
      onClose={onClose}
      foot={
        <>
          <span class="spacer" />
          <Button label={dropping.cancel} onClick={onClose} />
          <Button label={dropping.doIt} kind="danger" icon="trash" onClick={drop} />
        </>
      }
    >
      <div class="dialog-body stack">
        <p>
          <b class="client-filter foreign">{visibleLine(id)}</b>
        </p>
        <p>{dropping.text(subscriptions, queued)}</p>
      </div>
    </Dialog>
  )
}
