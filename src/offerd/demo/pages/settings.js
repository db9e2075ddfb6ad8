// What offerd.js is told before it is loaded; the page's parameters go with every request.
(() => {
  const known = new URLSearchParams(location.search);
  window.offerdSettings = { clientCode: "demo-page" };
  window.targetPageParamsAll = () => ({
    weather: known.get("weather") || "Sunny",
    time: known.get("time") || "Noon",
    company: known.get("company") || "Nobody",
  });
})();
