// Words of the tab that says why a message was delivered, English and Italian.
// The sentences themselves are the broker's.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'

const EN = {
  client: 'Why did this client get it?',
  thisPage: (id: string) => `${id} (this page)`,
  matches: 'Subscriptions that match',
  noMatch: 'None of its subscriptions matches this topic now.',
  delivered: (qos: number) => `delivered with QoS ${qos}`,
  shared: (name: string) => `shared by ${name}`,
  access: 'Access',
  allowed: 'It may receive this',
  denied: 'It may not receive this now',
  loading: 'Asking the broker …',
  sent: 'This page published it: see Clients for who got it.',
  noAdmin: 'Only a broker of Zanzara that served this page can tell: open the console from its address.',
}

export type WhyWords = typeof EN

export const WHY: Catalogue<WhyWords> = catalogue(EN, {
  client: 'Perché l’ha ricevuto questo client?',
  thisPage: (id) => `${id} (questa pagina)`,
  matches: 'Sottoscrizioni che corrispondono',
  noMatch: 'Nessuna delle sue sottoscrizioni corrisponde ora a questo topic.',
  delivered: (qos) => `consegnato con QoS ${qos}`,
  shared: (name) => `condivisa da ${name}`,
  access: 'Accesso',
  allowed: 'Può riceverlo',
  denied: 'Ora non può riceverlo',
  loading: 'Chiedo al broker …',
  sent: 'L’ha pubblicato questa pagina: chi l’ha ricevuto si vede in Client.',
  noAdmin: 'Lo sa solo un broker di Zanzara che ha servito questa pagina: apri la console dal suo indirizzo.',
})
