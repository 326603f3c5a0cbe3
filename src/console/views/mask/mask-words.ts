// Words of the dialog that masks payloads, English and Italian.
// Loaded with the dialog.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'

const EN = {
  title: 'Mask payloads',
  what: 'For demos and screenshots: payloads are shown as dots, in the tree, in Messages, in values and charts, in the bytes of packets, in queues and in what was published.',
  on: 'Show payloads as dots',
  filters: 'Payloads of these topics',
  filtersHint: 'One topic filter per line. # does not take in topics that begin with $.',
  problem: (filter: string) => `${filter} is not a topic filter`,
  none: 'name at least one filter: # for all',
  whole: 'Only what is shown is masked',
  wholeText: 'Messages and packets are recorded as they are. What is exported, saved, copied or published again is not masked, and filters still find it.',
  done: 'Done',
}

export type MaskWords = typeof EN

const IT: MaskWords = {
  title: 'Maschera i payload',
  what: 'Per dimostrazioni e schermate: i payload sono mostrati come punti, nell’albero, in Messaggi, nei valori e nei grafici, nei byte dei pacchetti, nelle code e in ciò che si è pubblicato.',
  on: 'Mostra i payload come punti',
  filters: 'Payload di questi topic',
  filtersHint: 'Un filtro di topic per riga. # non comprende i topic che cominciano con $.',
  problem: (filter) => `${filter} non è un filtro di topic`,
  none: 'scrivi almeno un filtro: # per tutti',
  whole: 'Si maschera solo ciò che è mostrato',
  wholeText:
    'Messaggi e pacchetti sono registrati come sono. Ciò che si esporta, salva, copia o pubblica di nuovo non è mascherato, e i filtri lo trovano ancora.',
  done: 'Fatto',
}

export const MASK: Catalogue<MaskWords> = catalogue(EN, IT)
