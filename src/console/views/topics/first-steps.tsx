// What stands there before the first message: two lines to type, and sensors that talk at the press of a button.
// The lines are for the MQTT port that Mosquitto's tools expect, on the host of the connection.

import type { JSX } from 'preact'
import { Button } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Logo } from '../../parts/icon.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { hostOf, usePlainPort } from '../../state/plain-port.ts'
import { TOPICS } from './topics-words.ts'

export function FirstSteps({ connection }: { readonly connection: Connection }): JSX.Element {
  const app = useApp()
  const { start } = app.words(TOPICS)
  const port = usePlainPort(connection)
  const host = `${hostOf(connection.profile.value.url)}${port === 1883 ? '' : ` -p ${port}`}`
  const lines = [
    [start.listen, `mosquitto_sub -h ${host} -t "/living_room/temperature" -v`],
    [start.send, `mosquitto_pub -h ${host} -t "/living_room/temperature" -m "33.3"`],
  ] as const
  const isDemo = connection.isDemo.value
  return (
    <div class="first scroll">
      <div class="first-logo">
        <Logo />
      </div>
      <h2 class="first-title">{start.title}</h2>
      <p class="first-text">{isDemo ? start.running : start.text}</p>
      <div class="first-lines">
        {lines.map(([label, line]) => (
          <div key={label} class="first-line">
            <span class="muted">{label}</span>
            <code>{line}</code>
            <CopyButton text={() => line} label={`${label}: ${line}`} />
          </div>
        ))}
      </div>
      <div class="first-actions">
        <Button label={isDemo ? start.stop : start.demo} icon={isDemo ? 'pause' : 'play'} kind="primary" size="l" onClick={() => connection.runDemo(!isDemo)} />
        <Button label={start.publish} icon="send" size="l" onClick={() => app.publish('')} />
      </div>
    </div>
  )
}
