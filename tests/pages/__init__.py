"""Pages as Streamlit runs them."""

from functools import cache

from streamlit.components.v2 import manifest_scanner

# A server looks once through everything that is installed for components; AppTest would do so for every page it opens.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
