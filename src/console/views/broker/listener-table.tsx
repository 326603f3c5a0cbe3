// The listeners of the broker, and the certificates of those with TLS: how long they hold, for which names.
// A certificate that ends soon is told before it ends.

import type { JSX } from 'preact'
import type { BrokerAnswer, CertificateRow, ListenerRow } from '../../../server/admin/api-types.ts'
import { Tag } from '../../parts/badge.tsx'
import { countText } from '../../parts/format.ts'
import { ScrollRegion } from '../../parts/scroll-region.tsx'
import { useApp } from '../../state/app-context.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { BrokerWords } from './broker-words.ts'
import { validityOf } from './validity.ts'

export function ListenerTable({ broker, words }: { readonly broker: BrokerAnswer; readonly words: BrokerWords }): JSX.Element {
  const { language } = useApp().settings
  const { listener } = words
  return (
    <section class="broker-section">
      <h2 class="broker-title">{words.listeners}</h2>
      <ScrollRegion class="broker-table-frame" label={words.listeners}>
        <table class="broker-table">
          <thead>
            <tr>
              <th scope="col">{listener.port}</th>
              <th scope="col">{listener.protocol}</th>
              <th scope="col">{listener.host}</th>
              <th scope="col" class="num">
                {listener.connections}
              </th>
              <th scope="col">{listener.certificate}</th>
            </tr>
          </thead>
          <tbody>
            {broker.listeners.map((row, i) => (
              <tr key={i}>
                <td class="broker-port">{row.path === null ? row.port : <code class="foreign">{visibleLine(row.path)}</code>}</td>
                <td>
                  {listener.names[row.transport]}
                  {row.hasConsole ? <span class="muted">, {listener.console}</span> : null}
                </td>
                <td>{placeOf(row, words)}</td>
                <td class="num">{countText(row.connections, language.value)}</td>
                <td>
                  {row.certificate === null ? (
                    <span class="muted">{listener.none}</span>
                  ) : (
                    <Certificate certificate={row.certificate} now={broker.now} words={words} language={language.value} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  )
}

function placeOf({ path, host, mountPoint }: ListenerRow, { listener }: BrokerWords): string {
  const place = path !== null ? '' : (host ?? listener.all)
  return mountPoint === '' ? place : `${place}${place === '' ? '' : ', '}${listener.mountPoint(visibleLine(mountPoint))}`
}

interface CertificateProps {
  readonly certificate: CertificateRow
  readonly now: number
  readonly words: BrokerWords
  readonly language: string
}

function Certificate({ certificate, now, words, language }: CertificateProps): JSX.Element {
  const { validFrom, validTo, subject, issuer, names, isSelfSigned, fingerprint256 } = certificate
  const { certificate: told } = words
  const date = (ms: number): string => new Date(ms).toLocaleDateString(language, { dateStyle: 'medium' })
  const state = validityOf({ validFrom, validTo }, now)
  return (
    <div class="broker-certificate" title={`SHA-256 ${fingerprint256}`}>
      <span class="foreign">{visibleLine(names.length > 0 ? told.names(names.join(', ')) : subject)}</span>
      <span class="muted">{isSelfSigned ? told.selfSigned : visibleLine(told.issuer(issuer))}</span>
      {state.kind === 'ended' ? (
        <Tag kind="danger" icon="warn">
          {told.ended(state.days)}
        </Tag>
      ) : state.kind === 'soon' ? (
        <Tag kind="warn" icon="clock">
          {told.endsIn(state.days)}
        </Tag>
      ) : (
        <span class="muted">{state.kind === 'not-yet' ? told.notYet(date(validFrom)) : told.until(date(validTo))}</span>
      )}
    </div>
  )
}
