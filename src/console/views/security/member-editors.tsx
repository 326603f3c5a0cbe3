// A user and a group of dynamic security, with what can be changed of them.
// Changes act at once: who loses a right loses it while connected.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Tag } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Switch, TextField } from '../../parts/field.tsx'
import { visibleLine } from '../../worker/visible-text.ts'
import type { Group, RoleLink, User } from './directory.ts'
import { Links } from './links.tsx'
import type { EditorProps } from './security-pane.tsx'
import type { SecurityWords } from './security-words.ts'

const UNRANKED = -1

export function UserEditor({ user, directory, run, words }: EditorProps & { readonly user: User }): JSX.Element {
  const { username } = user
  const [clientid, setClientId] = useState(user.clientid ?? '')
  const [password, setPassword] = useState('')
  const submitPassword = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (password !== '' && (await run({ command: 'setClientPassword', username, password }))) setPassword('')
  }
  const submitClientId = (event: Event): void => {
    event.preventDefault()
    void run({ command: 'setClientId', username, clientid })
  }
  return (
    <>
      <div class="security-line">
        {user.disabled === true ? <Tag kind="warn">{words.disabled}</Tag> : null}
        {user.connections === undefined ? null : <span class="muted">{words.connected(user.connections.map(({ address }) => address).join(', '))}</span>}
        <span class="spacer" />
        <Button
          label={user.disabled === true ? words.enable : words.disable}
          onClick={() => void run({ command: user.disabled === true ? 'enableClient' : 'disableClient', username })}
        />
      </div>
      <form class="security-form" onSubmit={submitPassword}>
        <TextField type="password" label={words.password} value={password} onInput={setPassword} hint={words.passwordHint} autocomplete="new-password" />
        <Button label={words.set} submit disabled={password === ''} />
      </form>
      <form class="security-form" onSubmit={submitClientId}>
        <TextField label={words.clientId} value={clientid} onInput={setClientId} hint={words.clientIdHint} />
        <Button label={words.set} submit disabled={clientid === (user.clientid ?? '')} />
      </form>
      <Links
        title={words.roles}
        names={user.roles.map(({ rolename }) => rolename)}
        more={priorities(user.roles, words)}
        all={directory.roles.map(({ rolename }) => rolename)}
        onAdd={(rolename) => void run({ command: 'addClientRole', username, rolename })}
        onRemove={(rolename) => void run({ command: 'removeClientRole', username, rolename })}
        words={words}
      />
      <Links
        title={words.groups}
        names={user.groups.map(({ groupname }) => groupname)}
        all={directory.groups.map(({ groupname }) => groupname)}
        onAdd={(groupname) => void run({ command: 'addGroupClient', groupname, username })}
        onRemove={(groupname) => void run({ command: 'removeGroupClient', groupname, username })}
        words={words}
      />
    </>
  )
}

export function GroupEditor({ group, directory, run, words }: EditorProps & { readonly group: Group }): JSX.Element {
  const { groupname } = group
  const isAnonymous = directory.anonymousGroup === groupname
  return (
    <>
      <Switch label={words.anonymous} checked={isAnonymous} disabled={isAnonymous} onChange={() => void run({ command: 'setAnonymousGroup', groupname })} />
      <Links
        title={words.roles}
        names={group.roles.map(({ rolename }) => rolename)}
        more={priorities(group.roles, words)}
        all={directory.roles.map(({ rolename }) => rolename)}
        onAdd={(rolename) => void run({ command: 'addGroupRole', groupname, rolename })}
        onRemove={(rolename) => void run({ command: 'removeGroupRole', groupname, rolename })}
        words={words}
      />
      <Links
        title={words.members}
        names={group.clients.map(({ username }) => username)}
        all={directory.users.map(({ username }) => username)}
        onAdd={(username) => void run({ command: 'addGroupClient', groupname, username })}
        onRemove={(username) => void run({ command: 'removeGroupClient', groupname, username })}
        words={words}
      />
    </>
  )
}

/** Of those that have one. */
function priorities(links: readonly RoleLink[], words: SecurityWords): (name: string) => string {
  return (name) => {
    const { priority = UNRANKED } = links.find(({ rolename }) => visibleLine(rolename) === visibleLine(name)) ?? {}
    return priority === UNRANKED ? '' : words.priority(priority)
  }
}
