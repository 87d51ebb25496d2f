import { installPython } from "../install-python.ts";

/** The same libtensorflow as ours; scipy moves the images of `ImageDataGenerator`. */
const packages = ["tensorflow-cpu==2.21.0", "keras==3.15.1", "scipy==1.17.1"];

/** @returns the Python program of an environment with Keras; `cacheFolder` is `$XDG_CACHE_HOME/convoy` */
export function installKeras(cacheFolder: string): Promise<string> {
  return installPython(cacheFolder, "keras", packages);
}
