// Takes over connections of MQTTX and MQTT Explorer: the file is chosen or dropped, what can be used is listed before anything is kept, and so is what cannot.
// They stand under "Used before" afterwards; none is contacted.

import './import-dialog.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { countText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Verdict } from '../../parts/notice.tsx'
import { useApp } from '../../state/app-context.ts'
import { FRAME } from '../../words/frame.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { type ForeignProfile, type ForeignProfiles, MOST_IMPORTED, readForeignProfiles } from './foreign-profiles.ts'
import { IMPORT, type ImportWords } from './import-words.ts'

export function ImportDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const app = useApp()
  const words = app.words(IMPORT)
  const [found, setFound] = useState<ForeignProfiles | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const dropped = app.dropped.value
  const read = async (file: File): Promise<void> => {
    const name = visibleLine(file.name)
    const profiles = file.size > MOST_IMPORTED ? null : readForeignProfiles(await file.text())
    setFound(profiles)
    setProblem(profiles !== null ? null : file.size > MOST_IMPORTED ? words.tooLong(name) : words.neither(name))
  }
  useEffect(() => {
    if (dropped === null) return
    app.dropped.value = null
    read(dropped).catch((error: unknown) => setProblem(`${error}`))
  }, [dropped])
  const choose = (): void => {
    const input = document.createElement('input')
    input.type = 'file'
    input.accept = '.json'
    input.onchange = () => {
      app.dropped.value = input.files?.[0] ?? null
    }
    input.click()
  }
  const { known } = app.connections
  const isKnown = ({ profile }: ForeignProfile): boolean => known.value.some(({ name, url }) => name === profile?.name && url === profile.url)
  const usable = found?.profiles.filter(({ profile }) => profile !== null) ?? []
  const unusable = found?.profiles.filter(({ profile }) => profile === null) ?? []
  const fresh = usable.filter((one) => !isKnown(one))
  const count = (n: number): string => countText(n, app.settings.language.value)
  const take = (): void => {
    app.connections.keep(fresh.flatMap(({ profile }) => (profile === null ? [] : [profile])))
    app.overlay.value = 'connect'
  }
  return (
    <Dialog kind="panel" title={words.title} closeLabel={app.words(FRAME).close} onClose={onClose}>
      <div class="dialog-body scroll stack">
        {found === null ? (
          <>
            <p>{words.how}</p>
            {problem === null ? null : <Verdict kind="danger" title={problem} />}
            <p class="import-choose">
              <Button label={words.choose} icon="folder" onClick={choose} /> <span class="muted">{words.drop}</span>
            </p>
          </>
        ) : (
          <>
            <p class="import-choose">
              <b>{words.found(count(found.profiles.length), found.program)}</b>
              <span class="spacer" />
              <Button label={words.other} icon="folder" size="s" kind="ghost" onClick={choose} />
            </p>
            {usable.length === 0 ? (
              <Verdict kind="warn" title={words.nothing} />
            ) : (
              <Group title={words.usable} profiles={usable} isKnown={isKnown} words={words} />
            )}
            {unusable.length === 0 ? null : <Group title={words.unusable} profiles={unusable} isKnown={() => false} words={words} />}
          </>
        )}
      </div>
      <div class="dialog-foot">
        <span class="spacer" />
        <Button label={app.words(FRAME).cancel} onClick={onClose} />
        <Button label={words.take(count(fresh.length), fresh.length === 1)} kind="primary" disabled={fresh.length === 0} onClick={take} />
      </div>
    </Dialog>
  )
}

interface GroupProps {
  readonly title: string
  readonly profiles: readonly ForeignProfile[]
  readonly isKnown: (one: ForeignProfile) => boolean
  readonly words: ImportWords
}

function Group({ title, profiles, isKnown, words }: GroupProps): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      <ul class="import-list">
        {profiles.map((one, i) => (
          <li key={i} class="import-row">
            <Icon name={one.profile === null ? 'close' : 'check'} class={one.profile === null ? 'import-no' : 'import-yes'} />
            <b class="cut foreign">{visibleLine(one.name)}</b>
            <code class="cut foreign">{visibleLine(one.address)}</code>
            <Notes one={one} isKnown={isKnown(one)} words={words} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Notes({ one, isKnown, words }: { readonly one: ForeignProfile; readonly isKnown: boolean; readonly words: ImportWords }): JSX.Element | null {
  const { problem, left } = one
  const text = problem !== null ? words.problem[problem] : isKnown ? words.known : left.map((what) => words.without(words.left[what])).join('; ')
  return text === '' ? null : <p class="import-note">{text}</p>
}
