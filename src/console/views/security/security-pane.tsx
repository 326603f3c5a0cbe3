// Users, groups and roles of dynamic security: a list of names, and the chosen one with what can be changed.
// Read anew after each change; what the broker refuses stands above, in its words.

import './security.css'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Tag } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Finder, TextField } from '../../parts/field.tsx'
import { EmptyState, Strip } from '../../parts/notice.tsx'
import { ScrollRegion } from '../../parts/scroll-region.tsx'
import { SplitPanes } from '../../parts/split-panes.tsx'
import { CELL, VirtualRows } from '../../parts/virtual-rows.tsx'
import { AdminError } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useIsNarrow, useRowHeight } from '../../state/row-height.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { type Command, creating, type Directory, deleting, type Kind, loadDirectory, namesOf, runCommands } from './directory.ts'
import { GroupEditor, UserEditor } from './member-editors.tsx'
import { Defaults, RoleEditor } from './role-editor.tsx'
import { SECURITY, type SecurityWords } from './security-words.ts'

export interface SecurityPaneProps {
  readonly base: string
  readonly kind: Kind
}

export function SecurityPane({ base, kind }: SecurityPaneProps): JSX.Element {
  const app = useApp()
  const words = app.words(SECURITY)
  const isNarrow = useIsNarrow()
  const rowHeight = useRowHeight()
  const [directory, setDirectory] = useState<Directory | null>(null)
  const [told, setTold] = useState<{ readonly text: string; readonly isBad: boolean } | null>(null)
  const [find, setFind] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const input = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => input.current?.focus() }, [['/', words.filterKey]])
  const [asks, setAsks] = useState<'new' | 'delete' | null>(null)
  const failed = (error: unknown): void => setTold({ text: error instanceof AdminError && error.message !== '' ? error.message : words.noAnswer, isBad: true })
  const load = (): Promise<void> => loadDirectory(base).then(setDirectory, failed)
  useEffect(() => void load(), [base])
  useEffect(() => {
    setChosen(null)
    setFind('')
    setTold(null)
  }, [kind])
  const run = async (...commands: readonly Command[]): Promise<boolean> => {
    try {
      const refusal = await runCommands(base, commands)
      setTold({ text: refusal ?? words.done, isBad: refusal !== null })
      await load()
      return refusal === null
    } catch (error) {
      failed(error)
      return false
    }
  }
  if (directory === null) return told === null ? <div class="pane" /> : <EmptyState title={told.text} />
  const names = namesOf(directory, kind, find)
  const list = (
    <div class="pane">
      <Finder label={words.find[kind]} placeholder={words.findHint} value={find} onInput={setFind} clearLabel={words.clear} input={input} />
      {names.length === 0 ? (
        <EmptyState title={find === '' ? words.none[kind] : words.noneFits} />
      ) : (
        <VirtualRows
          label={words.kinds[kind]}
          count={names.length}
          rowHeight={rowHeight}
          active={chosen === null ? -1 : names.indexOf(chosen)}
          onActive={(index) => setChosen(names[index] ?? null)}
          attributes={(index) => ({ selected: names[index] === chosen })}
          render={(index) => (
            <span class="security-name cut foreign" {...CELL}>
              {visibleLine(names[index] ?? '')}
              {isDisabled(directory, kind, names[index]!) ? <Tag>{words.disabled}</Tag> : null}
            </span>
          )}
        />
      )}
    </div>
  )
  const editor = (
    <ScrollRegion class="security-detail" label={chosen === null ? words.kinds[kind] : visibleLine(chosen)}>
      {chosen === null ? kind === 'roles' ? <Defaults directory={directory} run={run} words={words} /> : <p class="muted">{words.nothing[kind]}</p> : null}
      {chosen === null ? null : (
        <>
          <div class="security-head">
            <h2 class="cut foreign">{visibleLine(chosen)}</h2>
            <Button label={words.delete} icon="trash" kind="danger" onClick={() => setAsks('delete')} />
          </div>
          <Chosen key={`${kind} ${chosen}`} directory={directory} kind={kind} name={chosen} run={run} words={words} />
        </>
      )}
    </ScrollRegion>
  )
  return (
    <div class="pane">
      <div class="pane-head">
        <span class="muted cut">{words.hint}</span>
        <span class="spacer" />
        <Button label={words.create[kind]} icon="plus" size="s" popup="dialog" onClick={() => setAsks('new')} />
      </div>
      {told === null ? null : (
        <Strip kind={told.isBad ? 'danger' : 'accent'} icon={told.isBad ? 'close' : 'check'}>
          {told.text}
        </Strip>
      )}
      {isNarrow ? (
        <SplitPanes id="security-narrow" direction="column" share={0.4} least={[140, 160]} label={words.kinds[kind]} first={list} second={editor} />
      ) : (
        <SplitPanes id="security" direction="row" share={0.34} least={[220, 400]} label={words.kinds[kind]} first={list} second={editor} />
      )}
      {asks === 'new' ? (
        <NewName
          title={words.create[kind]}
          words={words}
          onClose={() => setAsks(null)}
          onName={async (name) => {
            setAsks(null)
            if (await run(creating(kind, name))) setChosen(name)
          }}
        />
      ) : null}
      {asks === 'delete' && chosen !== null ? (
        <Dialog
          kind="panel"
          title={words.deleteTitle(visibleLine(chosen))}
          closeLabel={words.cancel}
          onClose={() => setAsks(null)}
          foot={
            <>
              <span class="spacer" />
              <Button label={words.cancel} onClick={() => setAsks(null)} />
              <Button
                label={words.delete}
                kind="danger"
                icon="trash"
                onClick={() => {
                  setAsks(null)
                  setChosen(null)
                  void run(deleting(kind, chosen))
                }}
              />
            </>
          }
        >
          <div class="dialog-body">{words.deleteText[kind]}</div>
        </Dialog>
      ) : null}
    </div>
  )
}

export interface EditorProps {
  readonly directory: Directory
  /** True when all was done. */
  readonly run: (...commands: readonly Command[]) => Promise<boolean>
  readonly words: SecurityWords
}

function Chosen({ kind, name, ...props }: EditorProps & { readonly kind: Kind; readonly name: string }): JSX.Element | null {
  const { users, groups, roles } = props.directory
  const user = kind === 'users' ? users.find(({ username }) => username === name) : undefined
  const group = kind === 'groups' ? groups.find(({ groupname }) => groupname === name) : undefined
  const role = kind === 'roles' ? roles.find(({ rolename }) => rolename === name) : undefined
  if (user !== undefined) return <UserEditor user={user} {...props} />
  if (group !== undefined) return <GroupEditor group={group} {...props} />
  return role === undefined ? null : <RoleEditor role={role} {...props} />
}

function isDisabled({ users }: Directory, kind: Kind, name: string): boolean {
  return kind === 'users' && users.some(({ username, disabled }) => username === name && disabled === true)
}

interface NewNameProps {
  readonly title: string
  readonly words: SecurityWords
  readonly onClose: () => void
  readonly onName: (name: string) => void
}

function NewName({ title, words, onClose, onName }: NewNameProps): JSX.Element {
  const [name, setName] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    if (name !== '') onName(name)
  }
  return (
    <Dialog kind="panel" title={title} closeLabel={words.cancel} onClose={onClose}>
      <form class="dialog-body stack" onSubmit={submit}>
        <TextField label={words.name} value={name} onInput={setName} autofocus />
        <div class="security-line">
          <span class="spacer" />
          <Button label={words.add} kind="primary" submit disabled={name === ''} />
        </div>
      </form>
    </Dialog>
  )
}
