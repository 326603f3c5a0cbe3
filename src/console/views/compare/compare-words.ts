// Words of the comparison of two connections, English and Italian.
// Loaded with it.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'

const EN = {
  title: 'Compare topics',
  other: 'The other connection',
  which: 'Which topics',
  whichOnes: { differences: 'Differences', all: 'All' },
  find: 'Filter topics',
  findHint: 'Filter: words of the topic; $SYS for those of the system',
  clear: 'Clear',
  topic: 'Topic',
  state: 'Compared',
  states: { same: 'same', different: 'differs', here: 'only left', there: 'only right' },
  counts: { same: 'same', different: 'different', here: 'only left', there: 'only right' },
  none: 'Neither connection has topics yet.',
  noneDiffers: 'No differences: every topic has the same value on both sides.',
  noneFits: 'No topic fits this filter.',
  empty: 'empty',
  retained: 'retained',
  note: 'Compared are the last messages of each topic. What comes often may differ for a moment.',
}

export type CompareWords = typeof EN

const IT: CompareWords = {
  title: 'Confronta i topic',
  other: 'L’altra connessione',
  which: 'Quali topic',
  whichOnes: { differences: 'Differenze', all: 'Tutti' },
  find: 'Filtra i topic',
  findHint: 'Filtro: parole del topic; $SYS per quelli di sistema',
  clear: 'Cancella',
  topic: 'Topic',
  state: 'Confronto',
  states: { same: 'uguale', different: 'diverso', here: 'solo a sinistra', there: 'solo a destra' },
  counts: { same: 'uguali', different: 'diversi', here: 'solo a sinistra', there: 'solo a destra' },
  none: 'Nessuna delle due connessioni ha ancora topic.',
  noneDiffers: 'Nessuna differenza: ogni topic ha lo stesso valore da entrambe le parti.',
  noneFits: 'Nessun topic passa questo filtro.',
  empty: 'vuoto',
  retained: 'retained',
  note: 'Si confrontano gli ultimi messaggi di ogni topic. Ciò che arriva spesso può differire per un momento.',
}

export const COMPARE: Catalogue<CompareWords> = catalogue(EN, IT)
