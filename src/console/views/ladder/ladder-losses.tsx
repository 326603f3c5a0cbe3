// "Lose this packet next time", beside the ladder: the button with why it cannot be pressed, the question that shows the rule in words, the rules in force.
// Rules live in the broker that serves the page; they are asked for while the ladder is looked at.

import './ladder-losses.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { FaultRow, FaultsAnswer } from '../../../server/admin/api-types.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { CheckBox } from '../../parts/field.tsx'
import { Verdict } from '../../parts/notice.tsx'
import { AdminError, tellAdmin, useAdmin, type Watched } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { FAULT_WORDS, type FaultWords } from './ladder-fault-words.ts'
import { chosenOf, isAnswer, lossObstacle, lossRule, type NextPacket, nextPacketOf, nextPacketOfRule } from './ladder-faults.ts'
import type { LadderView } from './ladder-view.ts'

/** Milliseconds between two questions, while a rule waits for its packet and while there is none. */
const SOON = 700
const LATER = 4000

/** Rules in force and what they have done, kept up to date; the ladder marks what they lose. Who may not look gets nothing. */
export function useLosses(connection: Connection, view: LadderView): Watched<FaultsAnswer> {
  const { role } = useApp().admin
  const [waits, setWaits] = useState(false)
  const looks = !connection.isFile && (role === 'operator' || role === 'admin')
  const watched = useAdmin<FaultsAnswer>(looks ? connection.admin.value : null, 'faults', waits ? SOON : LATER)
  const { answer } = watched
  useEffect(() => {
    if (answer === null) return
    view.setStrikes(answer.strikes)
    setWaits(answer.faults.length > 0)
  }, [view, answer])
  return watched
}

export interface LossesProps {
  readonly connection: Connection
  readonly view: LadderView
  readonly losses: Watched<FaultsAnswer>
}

export function Losses({ connection, view, losses: { answer, ask } }: LossesProps): JSX.Element {
  const app = useApp()
  const words = app.words(FAULT_WORDS)
  const { role } = app.admin
  const base = connection.admin.value
  const [asked, setAsked] = useState<{ readonly packet: NextPacket; readonly isAnswer: boolean } | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const slice = view.slice.value
  const chosen = chosenOf(view.model.value, view.at.value, slice)
  const obstacle = lossObstacle({ isFile: connection.isFile, admin: base, role }, chosen?.message ?? null, chosen?.connection ?? null)
  const tell = async (path: string, body: object): Promise<void> => {
    try {
      await tellAdmin(base ?? '', path, body)
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof AdminError ? error.message : String(error))
    }
    ask()
  }
  const open = (): void => {
    if (chosen === null) return
    setProblem(null)
    const life = view.lifeSlice.peek()
    setAsked({ packet: nextPacketOf(chosen.message, chosen.connection, slice, ...(life === null ? [] : [life])), isAnswer: isAnswer(chosen.message) })
  }
  return (
    <section class="losses" aria-label={words.lose}>
      <Button label={words.lose} icon="close" popup="dialog" disabled={obstacle !== null} onClick={open} />
      {obstacle === null ? null : <p class="muted losses-note">{words.obstacles[obstacle](role ?? words.noRole)}</p>}
      {problem === null ? null : <Verdict kind="danger" title={problem} />}
      {answer === null ? null : <InForce answer={answer} words={words} mayRemove={role === 'admin'} onTell={tell} />}
      {asked === null ? null : (
        <LoseDialog
          packet={asked.packet}
          isAnswer={asked.isAnswer}
          words={words}
          onClose={() => setAsked(null)}
          onSet={(cut) => {
            setAsked(null)
            void tell('faults', lossRule(asked.packet, cut))
          }}
        />
      )}
    </section>
  )
}

interface InForceProps {
  readonly answer: FaultsAnswer
  readonly words: FaultWords
  readonly mayRemove: boolean
  readonly onTell: (path: string, body: object) => Promise<void>
}

function InForce({ answer: { faults, strikes, unbentClients }, words, mayRemove, onTell }: InForceProps): JSX.Element | null {
  if (faults.length === 0 && strikes.length === 0) return null
  return (
    <>
      {faults.length === 0 ? null : (
        <>
          <h2 class="ladder-side-title losses-title">
            {words.inForce}
            {mayRemove && faults.length > 1 ? <Button label={words.clear} size="s" kind="ghost" onClick={() => void onTell('faults/clear', {})} /> : null}
          </h2>
          <ul class="losses-list">
            {faults.map((fault) => (
              <li key={fault.id} class="losses-rule">
                <span>
                  {visibleLine(wordsOf(fault, words))}
                  <span class="muted losses-hits">{fault.matches === 0 ? words.waits : words.hits(fault.hits, fault.matches)}</span>
                </span>
                {mayRemove ? <IconButton icon="close" label={words.remove(fault.id)} onClick={() => void onTell('faults/remove', { id: fault.id })} /> : null}
              </li>
            ))}
          </ul>
        </>
      )}
      {unbentClients === 0 ? null : <p class="muted losses-note">{words.unbent(unbentClients)}</p>}
      {strikes.length === 0 ? null : (
        <p class="muted losses-note" role="status">
          {words.struck(strikes.length)}
        </p>
      )}
    </>
  )
}

function wordsOf(fault: FaultRow, words: FaultWords): string {
  const packet = nextPacketOfRule(fault)
  return packet === null ? fault.words : words.isLost(words.rule(packet), fault.cut === true)
}

interface LoseDialogProps {
  readonly packet: NextPacket
  readonly isAnswer: boolean
  readonly words: FaultWords
  readonly onClose: () => void
  readonly onSet: (cut: boolean) => void
}

function LoseDialog({ packet, isAnswer: answers, words, onClose, onSet }: LoseDialogProps): JSX.Element {
  const [cut, setCut] = useState(answers)
  return (
    <Dialog
      kind="panel"
      title={words.lose}
      closeLabel={words.cancel}
      onClose={onClose}
      foot={
        <>
          <span class="spacer" />
          <Button label={words.cancel} onClick={onClose} />
          <Button label={words.set} kind="primary" onClick={() => onSet(cut)} />
        </>
      }
    >
      <div class="dialog-body stack">
        <p class="losses-words" aria-live="polite">
          {visibleLine(words.isLost(words.rule(packet), cut))}
        </p>
        <CheckBox label={words.cut} checked={cut} onChange={setCut} />
        <p class="muted">{answers ? words.whyCut : words.whyCutOther}</p>
        <p class="muted">{words.once}</p>
      </div>
    </Dialog>
  )
}
