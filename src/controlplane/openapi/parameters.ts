import type { Parameter } from './operation.ts'

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', type, description }
}

function path(name: string, description: string): Parameter {
  return { name, in: 'path', type: 'string', description }
}

export const NAMESPACE = path('namespace', 'The namespace of the objects.')
export const PROXIED_PATH = path('path', 'The path to ask for behind the proxy.')
export const PRETTY = query('pretty', 'string', 'With `true`, JSON is laid out for people to read.')

export function nameOf(kind: string): Parameter {
  return path('name', `The name of the ${kind}.`)
}

const DRY_RUN = query('dryRun', 'string', 'With `All`, everything is done but the storing.')
const RESOURCE_VERSION = query('resourceVersion', 'string', 'How old the answer may be at most.')

const WRITE_PARAMETERS: readonly Parameter[] = [
  DRY_RUN,
  query(
    'fieldManager',
    'string',
    'Who makes the change, for the ownership of fields. A patch of type apply needs it.',
  ),
  query(
    'fieldValidation',
    'string',
    'What to do about unknown and repeated fields: Ignore them, Warn of them, which is the default, or be Strict and refuse.',
  ),
]

const WATCH_PARAMETERS: readonly Parameter[] = [
  query(
    'allowWatchBookmarks',
    'boolean',
    'Whether the watch may send bookmarks, which say how far it has come.',
  ),
  query('watch', 'boolean', 'Answers with the changes as they come, instead of a list.'),
]

const SELECTION_PARAMETERS: readonly Parameter[] = [
  query('continue', 'string', 'The token from the last part of a list, for the next part.'),
  query('fieldSelector', 'string', 'Selects objects by their fields; all unless given.'),
  query('labelSelector', 'string', 'Selects objects by their labels; all unless given.'),
  query('limit', 'integer', 'How many objects to answer with at most. The list then says how to go on.'),
  RESOURCE_VERSION,
  query('resourceVersionMatch', 'string', 'What resourceVersion means for a list: Exact or NotOlderThan.'),
  query(
    'sendInitialEvents',
    'boolean',
    'Whether a watch begins with all objects that there are, and a bookmark behind them.',
  ),
  query('shardSelector', 'string', 'Selects a share of the objects by a range of hashes.'),
  query('timeoutSeconds', 'integer', 'For how many seconds the request may last.'),
]

export const PARAMETERS_OF = {
  create: WRITE_PARAMETERS,
  update: WRITE_PARAMETERS,
  patch: [
    ...WRITE_PARAMETERS,
    query('force', 'boolean', 'Takes over fields that others own. Only for patches of type apply.'),
  ],
  list: [...SELECTION_PARAMETERS, ...WATCH_PARAMETERS],
  delete: [
    DRY_RUN,
    query('gracePeriodSeconds', 'integer', 'How many seconds the object has to end in order; 0 for none.'),
    query(
      'ignoreStoreReadErrorWithClusterBreakingPotential',
      'boolean',
      'Deletes an object even though it cannot be read from the store.',
    ),
    query('orphanDependents', 'boolean', 'Replaced by propagationPolicy.'),
    query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
  ],
  /** A single custom object. */
  get: [RESOURCE_VERSION],
  selection: SELECTION_PARAMETERS,
} as const satisfies Record<string, readonly Parameter[]>

const STREAMS: readonly Parameter[] = [
  query('container', 'string', 'The container; needed when there are several.'),
  query('stderr', 'boolean', 'Whether standard error is sent.'),
  query('stdin', 'boolean', 'Whether standard input is taken.'),
  query('stdout', 'boolean', 'Whether standard output is sent.'),
  query('tty', 'boolean', 'Whether there is a terminal.'),
]

const PROXIED: readonly Parameter[] = [query('path', 'string', 'The path to ask for behind the proxy.')]

/** The options of those subresources that take them in the query, by kind. */
export const OPTIONS_OF_KIND: ReadonlyMap<string, readonly Parameter[]> = new Map([
  ['PodAttachOptions', STREAMS],
  [
    'PodExecOptions',
    [...STREAMS, query('command', 'string', 'The command and its arguments, each one on its own.')],
  ],
  ['PodPortForwardOptions', [query('ports', 'integer', 'The ports to forward.')]],
  ['NodeProxyOptions', PROXIED],
  ['PodProxyOptions', PROXIED],
  ['ServiceProxyOptions', PROXIED],
])

export const LOG_PARAMETERS: readonly Parameter[] = [
  query('container', 'string', 'The container; needed when there are several.'),
  query('follow', 'boolean', 'Whether to go on with what the container writes from now on.'),
  query('insecureSkipTLSVerifyBackend', 'boolean', "Whether the node's certificate goes unchecked."),
  query('limitBytes', 'integer', 'How many bytes to answer with at most.'),
  query('previous', 'boolean', 'Whether the container before the last restart is meant.'),
  query('sinceSeconds', 'integer', 'How many seconds ago to begin.'),
  query('stream', 'string', 'All, Stdout or Stderr.'),
  query('tailLines', 'integer', 'With how many lines from the end to begin.'),
  query('timestamps', 'boolean', 'Whether each line begins with its time.'),
]
