import { type FlagValues, listFlag } from '../../common/flags.ts'

/** The log of a cluster in the background, in its folder. */
export const CLUSTER_LOG = 'cluster.log'

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

export type RunFlagValues = FlagValues<typeof RUN_FLAGS> & { readonly dataDir: string; readonly v: number }

/** The command line by which a cluster in the background gets what `start` was given. */
export function runArguments({ dataDir, v, ownImage, hostImage, webImage }: RunFlagValues): string[] {
  return [
    `--data-dir=${dataDir}`,
    `--v=${v}`,
    ...ownImage.map((image) => `--own-image=${image}`),
    ...hostImage.map((image) => `--host-image=${image}`),
    ...webImage.map((image) => `--web-image=${image}`),
  ]
}
