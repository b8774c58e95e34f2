import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import preact from "@preact/preset-vite";
import { defineConfig, type Plugin } from "vite";

const HERE = import.meta.dirname;
const PAGES = ["traffic", "dispatch", "driver", "data"];

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/** What the built pages were made from: a test holds it against the sources, without Node. */
function builtFrom(): Plugin {
  return {
    name: "built-from",
    generateBundle() {
      const paths = [...files(join(HERE, "src")), join(HERE, "vite.config.ts"), join(HERE, "package-lock.json")];
      const named = paths.map((path) => [relative(HERE, path).split(sep).join("/"), path] as const);
      const entries = named
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, path]) => [name, createHash("sha256").update(readFileSync(path)).digest("hex")]);
      const source = `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`;
      this.emitFile({ type: "asset", fileName: "built-from.json", source });
    },
  };
}

export default defineConfig({
  plugins: [preact({ reactAliasesEnabled: false }), builtFrom()],
  base: "/assets/",
  build: {
    outDir: process.env["CITY_PAGES"] ?? "../pages/built",
    emptyOutDir: true,
    assetsDir: ".",
    // Nothing inline: the pages' content security policy allows files of this address alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      input: Object.fromEntries(PAGES.map((page) => [page, join(HERE, "src", page, "main.tsx")])),
    },
  },
});
