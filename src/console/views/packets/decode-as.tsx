// Decode As: which protocol is read on which port. Rules as tshark's -d; all packets are dissected again.
// The form begins with the ports of the selected packet.

import './decode-as.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button, IconButton } from '../../parts/button.tsx'
import { useApp } from '../../state/app-context.ts'
import type { PacketsModel } from './packets-model.ts'
import { PACKETS_WORDS } from './packets-words.ts'

const TABLES = ['tcp.port', 'udp.port'] as const

export function DecodeAs({ model, onClose }: { readonly model: PacketsModel; readonly onClose: () => void }): JSX.Element {
  const words = useApp().words(PACKETS_WORDS)
  const detail = model.detail.peek()
  const [protocols, setProtocols] = useState<readonly string[]>([])
  const [table, setTable] = useState<string>(detail?.isTcp === false ? 'udp.port' : 'tcp.port')
  const [port, setPort] = useState(`${Math.min(...(detail?.ports ?? [1883, 1883]))}`)
  const [protocol, setProtocol] = useState('mqtt')
  const rules = model.state.value.decodeAs
  useEffect(() => void model.protocols().then(setProtocols), [])
  const isPort = /^\d{1,5}$/.test(port) && Number(port) <= 65_535
  const add = (event: Event): void => {
    event.preventDefault()
    const head = `${table}==${port},`
    if (isPort) void model.decodeAs([...rules.filter((rule) => !rule.startsWith(head)), head + protocol])
  }
  return (
    <form
      class="decode-as"
      aria-label={words.decodeAs}
      onSubmit={add}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onClose()
      }}
    >
      <label>
        <span>{words.decodeTransport}</span>
        <select class="input" value={table} onChange={(event) => setTable(event.currentTarget.value)}>
          {TABLES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.decodePort}</span>
        <input
          class="input decode-port"
          type="text"
          inputMode="numeric"
          value={port}
          aria-invalid={!isPort}
          onInput={(event) => setPort(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>{words.decodeProtocol}</span>
        <select class="input" value={protocol} onChange={(event) => setProtocol(event.currentTarget.value)}>
          {protocols.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Button label={words.decodeAdd} kind="primary" submit disabled={!isPort} />
      <ul class="decode-rules" aria-label={words.decodeRules}>
        {rules.map((rule) => (
          <li key={rule} class="decode-rule mono">
            {rule}
            <IconButton icon="close" label={words.decodeRemove(rule)} onClick={() => void model.decodeAs(rules.filter((other) => other !== rule))} />
          </li>
        ))}
      </ul>
      <IconButton icon="close" label={words.close} onClick={onClose} />
    </form>
  )
}
