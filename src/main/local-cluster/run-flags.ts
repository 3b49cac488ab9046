import { verifyBetween } from '../../common/config-checks.ts'
import { type FlagValues, intFlag, listFlag } from '../../common/flags.ts'
import { MOST_CLUSTERS } from '../../local-cluster/clusters/index.ts'

/** The log of a cluster in the background, in its folder. */
export const CLUSTER_LOG = 'cluster.log'

/** Which addresses a cluster gets when it is made. */
export const RANGE_FLAGS = {
  'first-range': intFlag(
    0,
    "New clusters take the first free one of the 64 address ranges from this one on. People who share a machine are out of each other's way with numbers that are far apart.",
    { env: 'CLUSTER_PROXY_FIRST_RANGE' },
  ),
} as const

/** What a cluster's node is told about images. */
export const RUN_FLAGS = {
  'own-image': listFlag(
    [],
    "Images, beside this project's, whose containers run this project's executable, whatever their tags.",
    { placeholder: 'IMAGE' },
  ),
  'host-image': listFlag(
    [],
    'Images whose containers run their command on this machine, as this user, in an empty directory: they are trusted with all that you may do.',
    { placeholder: 'IMAGE' },
  ),
  'web-image': listFlag([], 'Images whose containers are a small web server with a page that says hello.', {
    placeholder: 'IMAGE',
  }),
} as const

export type RunFlagValues = FlagValues<typeof RUN_FLAGS & typeof RANGE_FLAGS> & {
  readonly dataDir: string
  readonly v: number
}

/** @throws ConfigError */
export function verifyRange({ firstRange }: FlagValues<typeof RANGE_FLAGS>): void {
  verifyBetween('first-range', firstRange, 0, MOST_CLUSTERS - 1)
}

/** The command line by which a cluster in the background gets what `start` was given. */
export function runArguments(values: RunFlagValues): string[] {
  const { dataDir, v, firstRange, ownImage, hostImage, webImage } = values
  return [
    `--data-dir=${dataDir}`,
    `--v=${v}`,
    `--first-range=${firstRange}`,
    ...ownImage.map((image) => `--own-image=${image}`),
    ...hostImage.map((image) => `--host-image=${image}`),
    ...webImage.map((image) => `--web-image=${image}`),
  ]
}
