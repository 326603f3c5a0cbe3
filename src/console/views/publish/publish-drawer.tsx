// The publish drawer: topic, payload, QoS, retain, repetition, properties, the same as a command; what became of it stands in its foot.
// It does not dim the page: one sees what one sends. What was typed is there again when it is opened next.

import './publish-drawer.css'
import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { QosBadge } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { NumberField, Switch } from '../../parts/field.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { useKeys } from '../../state/keyboard.ts'
import { FRAME } from '../../words/frame.ts'
import { CopyPane } from './copy-pane.tsx'
import { KeptList } from './kept-list.tsx'
import { PayloadEditor } from './payload-editor.tsx'
import { PropertyRows } from './property-rows.tsx'
import { draftOf, EMPTY_FORM, formOf, KeptForms, type PublishForm, problemOf } from './publish-form.ts'
import { PublishResult } from './publish-result.tsx'
import { PUBLISH } from './publish-words.ts'
import { TopicField } from './topic-field.tsx'
import { useJob } from './use-job.ts'

const VERSIONS = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' } as const

export function PublishDrawer({ onClose }: { readonly onClose: () => void }): JSX.Element | null {
  const connection = useApp().connections.current.value
  return connection === null ? null : <Drawer connection={connection} onClose={onClose} />
}

interface DrawerProps {
  readonly connection: Connection
  readonly onClose: () => void
}

function Drawer({ connection, onClose }: DrawerProps): JSX.Element {
  const app = useApp()
  const words = app.words(PUBLISH)
  const kept = useMemo(() => keptForms(app.storage), [app])
  const [form, setForm] = useState<PublishForm>(() => ({ ...EMPTY_FORM, ...kept.last.list()[0], file: null }))
  const [shown, setShown] = useState<'sent' | 'saved' | null>(null)
  const [isTried, setTried] = useState(false)
  const job = useJob(connection)
  const start = app.publishStart.value
  useEffect(() => {
    if (start === null || start.topic === '') return
    setForm((now) => formOf(now, start.topic, start.payload))
    setTried(false)
  }, [start])
  useEffect(() => kept.last.only(form), [form])

  const phase = connection.phase.value
  const version = phase.phase === 'live' ? phase.version : connection.profile.value.version
  const problem = problemOf(form)
  const change = (part: Partial<PublishForm>): void => setForm({ ...form, ...part })
  const choose = (one: PublishForm): void => {
    setForm(one)
    setShown(null)
  }
  const publish = (): void => {
    setTried(true)
    if (problem !== null || job.isRunning) return
    kept.sent.add(form)
    job.send(draftOf(form, version === 5))
  }
  useKeys({ 'Ctrl+enter': publish }, [['Ctrl Enter', words.publish]])
  const isTopicShown = problem?.field === 'topic' && (isTried || form.topic !== '')
  const isTemplateOfTopic = problem?.field === 'template' && form.topic.includes('{{')
  const list = shown === null ? null : shown === 'sent' ? kept.sent : kept.saved
  return (
    <Dialog
      kind="drawer"
      title={words.title}
      aside={
        <span class="publish-to cut">
          {words.to} <b class="foreign">{connection.name}</b>
        </span>
      }
      actions={
        <>
          <IconButton icon="clock" label={words.history} pressed={shown === 'sent'} onClick={() => setShown(shown === 'sent' ? null : 'sent')} />
          <IconButton icon="star" label={words.saved} pressed={shown === 'saved'} onClick={() => setShown(shown === 'saved' ? null : 'saved')} />
        </>
      }
      closeLabel={app.words(FRAME).close}
      onClose={onClose}
      foot={
        <>
          <PublishResult job={job} problem={isTried ? problem : null} qos={form.qos} isLive={phase.phase === 'live'} />
          <span class="spacer" />
          {job.isRunning && form.repeats ? <Button label={words.stop} size="l" onClick={job.stop} /> : null}
          <Button
            label={words.publish}
            icon="send"
            kind="primary"
            size="l"
            shortcut="Ctrl ↵"
            busy={job.isRunning}
            disabled={problem !== null && isTried}
            onClick={publish}
          />
        </>
      }
    >
      <div class="dialog-body scroll publish">
        {list === null ? null : (
          <KeptList
            key={shown}
            title={shown === 'sent' ? words.history : words.saved}
            forms={list.list()}
            onChoose={choose}
            onRemove={(index) => {
              list.remove(index)
              setForm({ ...form })
            }}
            onSave={
              shown === 'sent'
                ? null
                : () => {
                    list.add(form)
                    setForm({ ...form })
                  }
            }
          />
        )}
        <TopicField
          connection={connection}
          value={form.topic}
          problem={isTopicShown ? words.topicProblem[problem.kind] : isTemplateOfTopic ? problem.text : null}
          onInput={(topic) => change({ topic })}
        />
        <PayloadEditor form={form} problem={problem} onChange={change} />
        <section class="publish-part">
          <h3>{words.qos}</h3>
          <Segmented
            label={words.qos}
            options={([0, 1, 2] as const).map((qos) => ({
              id: String(qos),
              label: (
                <>
                  <QosBadge qos={qos} /> {words.qosNames[qos]}
                </>
              ),
            }))}
            value={String(form.qos)}
            onChange={(qos) => change({ qos: Number(qos) as 0 | 1 | 2 })}
            wide
          />
        </section>
        <div class="publish-line publish-switches">
          <Switch label={words.retain} checked={form.retain} onChange={(retain) => change({ retain })} />
          <Switch label={words.repeat} checked={form.repeats} onChange={(repeats) => change({ repeats })} />
          <span class={`publish-rhythm ${form.repeats ? '' : 'publish-rhythm-off'}`}>
            {words.every}
            <NumberField
              bare
              label={words.everyLabel}
              value={form.everyMs}
              most={3_600_000}
              disabled={!form.repeats}
              onInput={(everyMs) => change({ everyMs })}
            />
            {words.ms}
            <NumberField
              bare
              label={words.timesLabel}
              value={form.times}
              least={1}
              most={1_000_000}
              disabled={!form.repeats}
              onInput={(times) => change({ times })}
            />
            {words.times}
          </span>
        </div>
        <PropertyRows
          properties={form.properties}
          problem={problem}
          without={version === 5 ? null : VERSIONS[version]}
          onChange={(properties) => change({ properties })}
        />
        <CopyPane connection={connection} form={form} version={version} />
      </div>
    </Dialog>
  )
}

interface Kept {
  readonly last: KeptForms
  readonly sent: KeptForms
  readonly saved: KeptForms
}

function keptForms(storage: ConstructorParameters<typeof KeptForms>[0]): Kept {
  return {
    last: new KeptForms(storage, 'zanzara.publish.last'),
    sent: new KeptForms(storage, 'zanzara.publish.sent'),
    saved: new KeptForms(storage, 'zanzara.publish.saved'),
  }
}
