// A role of dynamic security with its rules, and what holds where no role says anything.
// Of the rules that cover a topic the one with the greatest priority decides.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Tag } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { NumberField, SelectField, Switch, TextField } from '../../parts/field.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { visibleLine } from '../../worker/visible-text.ts'
import { ACL_TYPES, type AclType, type Role } from './directory.ts'
import type { EditorProps } from './security-pane.tsx'

export function RoleEditor({ role, run, words }: EditorProps & { readonly role: Role }): JSX.Element {
  const { rolename, acls, allowwildcardsubs = true } = role
  return (
    <>
      <Switch
        label={words.wildcards}
        checked={allowwildcardsubs}
        onChange={(allow) => void run({ command: 'modifyRole', rolename, allowwildcardsubs: allow })}
      />
      <section class="security-part">
        <h3>{words.rules}</h3>
        <ul>
          {acls.length === 0 ? <li class="muted security-row">{words.noneYet}</li> : null}
          {acls.map(({ acltype, topic, priority = 0, allow }) => (
            <li key={`${acltype} ${topic}`} class="security-row security-rule">
              <Tag kind={allow ? 'accent' : 'danger'} icon={allow ? 'check' : 'close'}>
                {allow ? words.allow : words.deny}
              </Tag>
              <span class="security-what">
                <span>{acltype}</span>
                <code class="security-topic foreign">{visibleLine(topic)}</code>
              </span>
              <span class="muted">{priority === 0 ? '' : words.priority(priority)}</span>
              <IconButton
                icon="close"
                label={words.remove(`${acltype} ${visibleLine(topic)}`)}
                onClick={() => void run({ command: 'removeRoleACL', rolename, acltype, topic })}
              />
            </li>
          ))}
        </ul>
        <NewRule rolename={rolename} run={run} words={words} />
      </section>
    </>
  )
}

function NewRule({ rolename, run, words }: Omit<EditorProps, 'directory'> & { readonly rolename: string }): JSX.Element {
  const [acltype, setType] = useState<AclType>('publishClientSend')
  const [topic, setTopic] = useState('')
  const [effect, setEffect] = useState<'allow' | 'deny'>('allow')
  const [priority, setPriority] = useState(0)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (topic !== '' && (await run({ command: 'addRoleACL', rolename, acltype, topic, priority, allow: effect === 'allow' }))) setTopic('')
  }
  return (
    <form class="security-new" onSubmit={submit}>
      <SelectField label={words.rule.type} value={acltype} options={ACL_TYPES.map((id) => ({ id, label: id }))} onChange={setType} />
      <TextField mono label={words.rule.topic} value={topic} onInput={setTopic} />
      <NumberField label={words.rule.priority} value={priority} onInput={setPriority} least={-1} most={0x7fffffff} />
      <div class="security-line">
        <Segmented
          label={words.rule.allow}
          options={[
            { id: 'allow', label: words.allow },
            { id: 'deny', label: words.deny },
          ]}
          value={effect}
          onChange={setEffect}
        />
        <span class="spacer" />
        <Button label={words.addRule} icon="plus" submit disabled={topic === ''} />
      </div>
    </form>
  )
}

export function Defaults({ directory, run, words }: EditorProps): JSX.Element {
  return (
    <section class="security-part security-defaults">
      <h2>{words.defaults}</h2>
      {directory.defaults.map(({ acltype, allow }) => (
        <div key={acltype} class="security-row">
          <span>{acltype}</span>
          <span class="spacer" />
          <Switch
            label={allow ? words.allow : words.deny}
            checked={allow}
            onChange={(next) => void run({ command: 'setDefaultACLAccess', acls: [{ acltype, allow: next }] })}
          />
        </div>
      ))}
    </section>
  )
}
