"use strict";

// The coupon, hidden until it is known what is shown in its place.
const show = offerd.hide("#coupon");
offerd.getOffer({
  mbox: "coupon",
  success(offer) {
    offerd.applyOffer({ mbox: "coupon", selector: "#coupon", offer });
    show();
  },
  error(status, error) {
    show();
    console.warn("No coupon:", status, error);
  },
});

// The same for JSON, which a page makes of what it will.
offerd.getOffers({ request: { execute: { mboxes: [{ index: 0, name: "strip" }] } } }).then((response) => {
  for (const option of response.execute.mboxes[0].options) {
    document.getElementById("strip").textContent = `It saves ${option.content.saves} dollars until ${option.content.until}.`;
  }
}).catch((error) => console.warn("No line below:", error.message));

// The situation is kept in the address: another one is another page.
const form = document.getElementById("situation");
for (const [name, value] of Object.entries(targetPageParamsAll())) form.elements[name].value = value;
form.addEventListener("change", () => form.requestSubmit());

const tell = async () => {
  const counts = await (await fetch("/demo/clicks")).json();
  const rows = counts.map(({ name, clicks }) => {
    const row = document.createElement("tr");
    for (const text of [name, clicks]) row.appendChild(document.createElement("td")).textContent = text;
    return row;
  });
  document.getElementById("clicks").replaceChildren(...rows);
};
const told = () => tell().catch(() => {}); // the server may be gone for a while
told();
setInterval(told, 1000);
