import { readFile } from 'node:fs/promises'
import { stringFlag } from '../../common/flags.ts'
import { parseJson } from '../../common/parse-json.ts'
import { readTrouble } from '../../common/read-trouble.ts'
import { DEFAULT_IMAGE_REGISTRY, type ImageOptions, versionBundle } from '../../manifests/images.ts'
import { CommandError } from '../failure.ts'

export const IMAGE_FLAGS = {
  'image-registry': stringFlag(DEFAULT_IMAGE_REGISTRY, 'Registry that images are pulled from.', {
    placeholder: 'NAME',
  }),
  'image-pull-credential-file': stringFlag('', "Docker configuration with the registry's credentials.", {
    placeholder: 'FILE',
  }),
  'bundle-version': stringFlag(
    'default',
    'Versions of all images: default, latest, or a release such as 1.3.1, with or without a v.',
    { placeholder: 'VERSION' },
  ),
  'bundle-version-overrides': stringFlag('', 'JSON file with other versions of single parts.', {
    placeholder: 'FILE',
  }),
} as const

interface ImageValues {
  readonly imageRegistry: string
  readonly imagePullCredentialFile: string
  readonly bundleVersion: string
  readonly bundleVersionOverrides: string
}

/** Which images to install. Rejects with a CommandError for a version that there is not, or a file that cannot be read. */
export async function imageOptions(
  values: ImageValues,
): Promise<{ images: ImageOptions; dockerConfigJson?: string }> {
  const bundle = versionBundle(values.bundleVersion)
  if (!bundle) {
    throw new CommandError(
      `couldn't find the requested version bundle: ${values.bundleVersion}\nIt is default, latest, or a release such as 1.3.1.`,
    )
  }
  const tag = (await overriddenTag(values.bundleVersionOverrides)) ?? bundle.ocm
  const images = { registry: values.imageRegistry.replace(/\/$/, ''), tag }
  if (values.imagePullCredentialFile === '') return { images }
  return { images, dockerConfigJson: await credentials(values.imagePullCredentialFile) }
}

async function overriddenTag(file: string): Promise<string | undefined> {
  if (file === '') return undefined
  const overrides = parse(
    await read(file, `failed to read version bundle file ${file}`),
    'failed to unmarshal version bundle',
  )
  if (overrides.ocm === undefined) return undefined
  if (typeof overrides.ocm !== 'string' || overrides.ocm === '') {
    throw new CommandError(`failed to unmarshal version bundle: "ocm" of ${file} is no tag`)
  }
  return overrides.ocm
}

async function credentials(file: string): Promise<string> {
  const context = `failed read the image pull credential file ${file}`
  const text = await read(file, context)
  parse(text, context)
  return text
}

async function read(file: string, context: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${context}: ${readTrouble(error)}`, { cause: error })
  }
}

/** Errors quote nothing of the text, which may be a password. */
function parse(text: string, context: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // what V8 says of it quotes it
  }
  throw new CommandError(`${context}: it is no JSON object`)
}
