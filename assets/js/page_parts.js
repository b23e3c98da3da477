// The two React components of components/page_parts.py. React comes with Dash, after this file.
(function () {
  "use strict";

  // Tells Dash's router where the browser is, at first and whenever that changes.
  function Address({ setProps }) {
    window.React.useEffect(() => {
      const tell = () => {
        const { pathname, search, hash, href } = window.location;
        setProps({ pathname, search, hash, href });
      };
      tell();
      for (const name of ["popstate", "_dashprivate_pushstate"]) window.addEventListener(name, tell);
      return () => {
        for (const name of ["popstate", "_dashprivate_pushstate"]) window.removeEventListener(name, tell);
      };
    }, []);
    return null;
  }

  const Title = () => null;

  window.yiping_parts = { Address, Title };
})();
